import ArgumentParser
import JSON
import UpblitClient

/// `upblit quorum backtest`.
struct QuorumBacktest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Tell what another policy would have made of what happened to a monitor.",
    discussion: """
      The collector takes the monitor's logged steps again under the other policy and
      compares: how often somebody would have been woken, which outages would have been
      found sooner, later or not at all. Flags that change a part start from the
      monitor's present policy. Nothing is changed.

        upblit quorum backtest --monitor shop --policy 60%
        upblit quorum backtest --monitor shop --policy all --since 7d
        upblit quorum backtest --monitor shop --ignore lab -o json

      """ + PolicyWords.help)

  @Option(help: "The monitor: its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "From this time on: a span before now such as 30d or 12h, or a time (RFC 3339).")
  var since: String = "30d"

  @Option(help: "Before this time, likewise. Default: now.")
  var until: String?

  @OptionGroup(title: "The other policy") var wishes: PolicyWishes
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if !wishes.isGiven { throw ValidationError("Name the other policy: see --policy.") }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      var body = JSONObject()
      body["since"] = .optional(try TimeWords.moment(since, flag: "--since"))
      if let until { body["until"] = .optional(try TimeWords.moment(until, flag: "--until")) }
      let path = "\(Monitor.path)/\(try await Monitor.finder(client).id(monitor))"
      var policy = try await wishes.json { () async throws(CLIError) in
        try await client.get(path)["effective_policy"]
      }
      if policy == .null { policy = try await client.get(OrganizationCommand.path)["policy"] }
      body["policy"] = policy
      let report = try await client.post("\(path)/backtest", .object(body))
      try Printer(options).report(report) { Self.text(report, columns: Console.columns) }
    }
  }

  static func text(_ report: JSONValue, columns: Int?) -> String {
    let name = PolicyWords.text(report["policy"]) ?? "the other policy"
    var text = DisplayText.escaped("\(name): \(report["summary"]?.stringValue ?? "?")") + "\n"
    if let from = report["covered_from"]?.stringValue, let to = report["covered_to"]?.stringValue {
      text += DisplayText.escaped("from \(Moment.display(from)) to \(Moment.display(to))") + "\n"
    }
    text += "\n" + figures(report).text(columns: columns)
    let outages = report["outages"]?.elements ?? []
    if !outages.isEmpty { text += "\n" + Self.outages(outages).text(columns: columns) }
    let limits = (report["limits"]?.elements ?? []).compactMap(\.stringValue)
    if !limits.isEmpty { text += "\nWhat this does not say:\n" }
    for limit in limits { text += "- \(DisplayText.escaped(limit))\n" }
    return text
  }

  private static func figures(_ report: JSONValue) -> Table {
    var table = Table(["", "LOGGED", "TESTED"])
    table.rightAligned = [1, 2]
    for (word, name) in [
      ("pages", "pages"), ("notifications", "notifications"), ("down", "down"),
      ("partial", "partial"), ("regional", "regional"), ("unknown", "unknown"),
    ] {
      func count(_ side: String) -> String {
        report[side]?[name]?.integerValue.map { String($0) } ?? "?"
      }
      table.add([word, count("logged"), count("tested")])
    }
    return table
  }

  private static func outages(_ outages: [JSONValue]) -> Table {
    var table = Table(["STARTED", "LOGGED", "TESTED", "FOUND"])
    for outage in outages {
      let (logged, tested) = (outage["logged"] ?? .null, outage["tested"] ?? .null)
      let started = logged.isNull ? tested["started_at"] : logged["started_at"]
      table.add([
        Moment.display(started?.stringValue), severity(logged), severity(tested), found(outage),
      ])
    }
    return table
  }

  /// `down, paged`.
  private static func severity(_ incident: JSONValue) -> String {
    guard let severity = incident["severity"]?.stringValue else { return "-" }
    return severity + (incident["paged_at"]?.stringValue == nil ? "" : ", paged")
  }

  /// `40 s later`, `not at all`.
  private static func found(_ outage: JSONValue) -> String {
    if outage["tested"].map(\.isNull) ?? true { return "not at all" }
    guard let later = outage["later_ms"]?.integerValue else { return "only now" }
    if abs(later) < 1000 { return "at the same time" }
    return later > 0 ? "\(Moment.span(later)) later" : "\(Moment.span(-later)) sooner"
  }
}
