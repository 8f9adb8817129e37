import JSON
import UpblitClient

/// What happened between an incident's verdicts: who found what, and whom the collector asked.
///
/// Left out is what tells a person nothing: ticks, and the steady questions during an outage while
/// their answers bring no news.
struct IncidentSteps {
  struct Line {
    var moment: Moment
    var words: String
  }

  private(set) var lines: [Line] = []
  private var purposes: [String: String] = [:]
  private var rounds: [String: Int64] = [:]

  init(_ steps: [JSONValue]) {
    for step in steps { take(step) }
  }

  private mutating func take(_ step: JSONValue) {
    guard let moment = step["at"]?.stringValue.flatMap({ Moment($0) }) else { return }
    if let words = told(step) { lines.append(Line(moment: moment, words: words)) }
    for ask in step["asked"]?.elements ?? [] {
      if let words = asked(ask) { lines.append(Line(moment: moment, words: words)) }
    }
  }

  private func told(_ step: JSONValue) -> String? {
    let region = DisplayText.escaped(step["region"]?.stringValue ?? "?")
    switch step["kind"]?.stringValue {
    case "observed": return finding(step, region)
    case "overdue": return "\(region) takes unusually long to answer"
    case "dropped": return "\(region) could not ask\(round(step))"
    case "configured": return "the monitor was edited, paused or resumed"
    case "maintenance":
      return step["edge"]?.stringValue == "ended"
        ? "maintenance ended: everybody is asked afresh" : "maintenance began: nobody is told"
    default: return nil
    }
  }

  private func finding(_ step: JSONValue, _ region: String) -> String? {
    let vote = step["vote"]?.stringValue ?? "?"
    let isUp = vote == "up" || vote == "degraded"
    switch purpose(step["round"]) {
    case "introduce": return nil
    case "watch": if !isUp { return nil }
    default: break
    }
    let found = VoteWords.text(step["vote"], step["evidence"]?["reason"])
    var words = "\(region)  \(DisplayText.escaped(found))"
    let evidence = VoteWords.evidence(step["evidence"])
    if !evidence.isEmpty { words += ": \(DisplayText.escaped(evidence))" }
    if vote == "ambiguous", let reason = step["distrusted"]?.stringValue {
      words += ", not counted: its agent is not trusted (\(DisplayText.escaped(reason)))"
    }
    return Paint.state(isUp ? "up" : "down", words) + round(step)
  }

  private mutating func asked(_ ask: JSONValue) -> String? {
    guard let key = Self.key(ask["round"]), let purpose = ask["purpose"]?.stringValue else {
      return nil
    }
    purposes[key] = purpose
    let number = ask["round"]?["round"]?.integerValue ?? 0
    rounds[key] = number
    let whom = (ask["regions"]?.elements ?? []).compactMap(\.stringValue)
      .map(DisplayText.escaped).joined(separator: ", ")
    switch purpose {
    case "confirm": return "round \(number): asked \(whom)"
    case "recovery": return "round \(number) of the recovery: asked \(whom)"
    case "recheck": return "asked \(whom) whether it is well again"
    default: return nil
    }
  }

  /// ` (round 2)`, where a round asked.
  private func round(_ step: JSONValue) -> String {
    guard let key = Self.key(step["round"]), let purpose = purposes[key],
      purpose == "confirm" || purpose == "recovery", let number = rounds[key]
    else { return "" }
    return " (round \(number))"
  }

  private func purpose(_ round: JSONValue?) -> String? { Self.key(round).flatMap { purposes[$0] } }

  private static func key(_ round: JSONValue?) -> String? {
    guard let episode = round?["episode"]?.integerValue, let number = round?["round"]?.integerValue
    else { return nil }
    return "\(episode).\(number)"
  }
}
