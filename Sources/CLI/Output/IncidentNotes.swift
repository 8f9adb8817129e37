import JSON

/// What people said of an incident, in words for its timeline.
enum IncidentNotes {
  /// `ann@example.org said: the gateway was rebooted`; escaped.
  static func words(_ note: JSONValue) -> String {
    let who = DisplayText.escaped(note["by"]?["label"]?.stringValue ?? "?")
    let text = note["text"]?.stringValue.map { ": " + DisplayText.escaped($0) } ?? ""
    switch note["kind"]?.stringValue {
    case "acknowledged": return "acknowledged by \(who)"
    case "resolved": return "resolved by \(who)\(text)"
    case "update":
      let status = DisplayText.escaped(note["status"]?.stringValue ?? "?")
      return "\(who) published \(status)\(text)"
    default: return "\(who) said\(text)"
    }
  }
}
