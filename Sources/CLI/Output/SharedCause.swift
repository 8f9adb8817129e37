import JSON

/// What an incident has in common with others, in words.
struct SharedCause {
  /// The incident's field `cause`.
  let cause: JSONValue

  /// `nil` where the incident stands alone.
  init?(of incident: JSONValue) {
    guard let cause = incident["cause"], cause["kind"]?.stringValue != nil else { return nil }
    self.cause = cause
  }

  private var members: Int64 { cause["members"]?.integerValue ?? 0 }
  private var lead: String { cause["lead"]?["name"]?.stringValue ?? "?" }

  /// For a column of a table; not escaped.
  var short: String {
    switch cause["kind"]?.stringValue {
    case "many": "\(members) at once"
    case "parent": "parent \(lead)"
    case "blind": "\(members) blind"
    default: "\(members) together"
    }
  }

  /// For an incident's heading: a sentence, and who the others are; escaped.
  func text(others: [JSONValue]) -> String {
    let lead = DisplayText.escaped(lead)
    let sentence =
      switch cause["kind"]?.stringValue {
      case "many": "one of \(members) that went down at once, \(lead) first"
      case "parent": "one of \(members) that belong together: \(lead) is the parent"
      case "blind": "one of \(members) that nobody could see"
      default: "one of \(members) that belong together"
      }
    var text = sentence + "\n"
    for other in others.prefix(Self.mostNamed) {
      let id = String((other["id"]?.stringValue ?? "?").prefix(8))
      let name = DisplayText.escaped(other["monitor"]?["name"]?.stringValue ?? "?")
      let state = other["open"]?.boolValue == true ? "open" : "closed"
      text += "  \(id)  \(DisplayText.padded(state, to: 6))  \(name)\n"
    }
    let left = Int(clamping: members) - 1 - min(others.count, Self.mostNamed)
    if left > 0 { text += "  and \(left) more\n" }
    return text
  }

  private static let mostNamed = 10
}
