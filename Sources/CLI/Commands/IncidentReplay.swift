import ArgumentParser
import JSON
import UpblitClient

/// `upblit incident replay`.
struct IncidentReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Take an incident's stored steps again, and compare.",
    discussion: """
      The collector steps its engine once more through all that was logged, from the state before \
      the incident to its end, and compares every step, every verdict with its digest, and the \
      incident itself. Ends with 0 where all is identical, with 1 where something differs.

        upblit incident replay 1b4e28ba
        upblit incident replay 1b4e28ba -o json
      """)

  @Argument(help: "Its id, or the beginning of its id.")
  var incident: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Incident.finder(client).id(incident)
      let report = try await client.get("\(Incident.path)/\(id)/replay")
      try Printer(options).report(report) { Self.text(report) }
      guard report["identical"]?.boolValue == true else {
        throw CLIError(.failure, "the incident is not what its steps give")
      }
    }
  }

  static func text(_ report: JSONValue) -> String {
    let steps = report["steps"]?.integerValue ?? 0
    let verdicts = report["verdicts"]?.integerValue ?? 0
    var counts = "\(steps) \(steps == 1 ? "step" : "steps")"
    if let first = report["first_step"]?.integerValue, steps > 0 {
      counts += " (\(first) to \(first + steps - 1))"
    }
    counts += ", \(verdicts) \(verdicts == 1 ? "verdict" : "verdicts")"
    if report["identical"]?.boolValue == true {
      var text = "identical: \(counts), all digests equal\n"
      if let digest = report["digest"]?.stringValue { text += "  last step     \(digest)\n" }
      if let digest = report["verdict_digest"]?.stringValue {
        text += "  last verdict  \(digest)\n"
      }
      return text + rules(report)
    }
    var text = "not identical: \(counts) came out as they are stored\n"
    for difference in report["differences"]?.elements ?? [] { text += words(difference) }
    if report["cut"]?.boolValue == true { text += "  there are more steps than one replay takes\n" }
    return text + rules(report)
  }

  private static func words(_ difference: JSONValue) -> String {
    let kind = difference["place"]?["kind"]?.stringValue ?? "?"
    var text = "  " + DisplayText.escaped(kind)
    if let id = difference["place"]?["id"]?.stringValue { text += " \(DisplayText.escaped(id))" }
    if let at = difference["at"]?.stringValue { text += ", \(DisplayText.escaped(at))" }
    text += ": \(DisplayText.escaped(difference["what"]?.stringValue ?? "?"))\n"
    let stored = difference["stored"] ?? .null
    let replayed = difference["replayed"] ?? .null
    if stored.isNull, replayed.isNull { return text }
    text += "    stored  \(shown(stored))\n    engine  \(shown(replayed))\n"
    return text
  }

  private static func shown(_ value: JSONValue) -> String {
    if value.isNull { return "nothing" }
    return DisplayText.cut(DisplayText.escaped(value.text), to: 200)
  }

  private static func rules(_ report: JSONValue) -> String {
    let now = report["engine"]?.integerValue ?? 0
    let others = (report["stored_engines"]?.elements ?? []).compactMap(\.integerValue)
      .filter { $0 != now }
    guard !others.isEmpty else { return "" }
    let names = others.map { String($0) }.joined(separator: ", ")
    return "  steps taken by rules of version \(names) were taken again by version \(now): "
      + "their verdicts are compared, their digests are not\n"
  }
}
