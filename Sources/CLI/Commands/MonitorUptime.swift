import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor uptime`.
struct MonitorUptime: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uptime", abstract: "Tell how much of a time a monitor was up.",
    discussion: """
      From its verdicts, never from averages. What is not known opens a range from the
      least to the most that is possible; pauses don't count.

        upblit monitor uptime shop
        upblit monitor uptime shop --since 90d --partial down
        upblit monitor uptime shop -o json --since 2026-01-01T00:00:00Z \\
          --until 2026-02-01T00:00:00Z
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "From this time on: a span before now such as 30d or 12h, or a time (RFC 3339).")
  var since: String = "30d"

  @Option(help: "Before this time, likewise. Default: now.")
  var until: String?

  @Option(help: "What PARTIAL counts as: up or down.")
  var partial: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let since = try TimeWords.moment(since, flag: "--since")
      let until = try TimeWords.moment(until, flag: "--until")
      let id = try await Monitor.finder(client).id(monitor)
      let report = try await client.get(
        "\(Monitor.path)/\(id)/uptime",
        [("since", since), ("until", until), ("partial", partial)])
      try Printer(options).report(report) { Self.text(report, columns: Console.columns) }
    }
  }

  static func text(_ report: JSONValue, columns: Int?) -> String {
    var rows = Details()
    rows.add("from", Moment.display(report["since"]?.stringValue))
    rows.add("to", Moment.display(report["until"]?.stringValue))
    rows.add("uptime", uptime(report["uptime_percent"]))
    rows.add("coverage", percent(report["coverage_percent"]) + " of the time is known")
    var table = Table(["STATE", "TIME", "SHARE"])
    table.rightAligned = [2]
    let span = report["span_ms"]?.integerValue ?? 0
    let states = [("up", "up_ms"), ("down", "down_ms"), ("unknown", "unknown_ms")]
    for (word, name) in states {
      guard let time = report[name]?.integerValue else { continue }
      table.add([word, Moment.exactSpan(time), share(time, of: span)])
    }
    for word in ["degraded", "regional", "partial"] {
      guard let time = report[word + "_ms"]?.integerValue, time > 0 else { continue }
      let whole = word == "partial" ? report["partial_counts_as"]?.stringValue ?? "up" : "up"
      table.add(["of \(whole): \(word)", Moment.exactSpan(time), share(time, of: span)])
    }
    if let paused = report["paused_ms"]?.integerValue, paused > 0 {
      table.add(["paused", Moment.exactSpan(paused), "not counted"])
    }
    return rows.text + "\n" + table.text(columns: columns) + "\n"
      + DisplayText.wrapped(DisplayText.escaped(report["rule"]?.stringValue ?? ""), to: columns)
      + "\n"
  }

  /// `99.9312%`, or `99.9312% to 99.9871%` where something is unknown.
  private static func uptime(_ range: JSONValue?) -> String {
    let (least, most) = (percent(range?["least"]), percent(range?["most"]))
    return least == most ? least : "\(least) to \(most)"
  }

  private static func percent(_ value: JSONValue?) -> String {
    guard let value, !value.isNull else { return "-" }
    return value.text + "%"
  }

  /// Rounded down, so that no whole is shown where something is missing.
  private static func share(_ part: Int64, of whole: Int64) -> String {
    guard whole > 0, part >= 0, part <= whole else { return "-" }
    let million = whole.dividingFullWidth(part.multipliedFullWidth(by: 1_000_000)).quotient
    let digits = String(million % 10_000 + 10_000).dropFirst()
    return "\(million / 10_000).\(digits)%"
  }
}
