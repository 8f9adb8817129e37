import ArgumentParser
import JSON

/// `upblit monitor results`.
struct MonitorResults: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results", abstract: "List a monitor's newest results.",
    discussion: """
        upblit monitor results shop
        upblit monitor results shop --region eu --limit 100
        upblit monitor results shop -o json --since 2026-01-31T12:00:00Z \\
          --until 2026-01-31T18:00:00Z
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "Only this region's.")
  var region: String?

  @Option(help: "From this time on (RFC 3339). Default: a day ago.")
  var since: String?

  @Option(help: "Before this time (RFC 3339).")
  var until: String?

  @Option(help: "At most so many.")
  var limit: Int = 20

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let id = try Monitor.finder(client).id(monitor)
      let results = try client.list(
        "\(Monitor.path)/\(id)/results",
        [("region", region), ("since", since), ("until", until)], limit: limit)
      if options.output == .json {
        return Console.out(JSONValue.array(results).indentedText + "\n")
      }
      if results.isEmpty { return Console.error("There are no results in this span.") }
      var table = Table(["STARTED", "REGION", "OUTCOME", "STATUS", "TOTAL", "DETAIL"])
      for result in results {
        table.add([
          Moment.display(result["started_at"]?.stringValue), result["region"]?.stringValue ?? "?",
          VoteWords.text(result["outcome"], result["failure"]?["reason"]),
          result["status"]?.integerValue.map { String($0) } ?? "-",
          VoteWords.duration(result["total_us"]), result["failure"]?["detail"]?.stringValue ?? "",
        ])
      }
      Console.out(table.text(columns: Console.columns))
    }
  }
}
