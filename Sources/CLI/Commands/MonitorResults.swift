import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor results`.
struct MonitorResults: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results", abstract: "List a monitor's newest results.",
    discussion: """
        upblit monitor results shop
        upblit monitor results shop --region eu --since 2h --limit 100
        upblit monitor results shop --watch
        upblit monitor results shop -o csv --since 2026-01-31T12:00:00Z \\
          --until 2026-01-31T18:00:00Z
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "Only this region's.")
  var region: String?

  @Option(
    help: "From this time on: a span before now such as 2h, or a time (RFC 3339). Default: a day.")
  var since: String?

  @Option(help: "Before this time, likewise.")
  var until: String?

  @Option(help: "At most so many.")
  var limit: Int = 20

  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  static let listing = Listing<ProbeResult>(
    name: { $0.startedAt?.text ?? "" },
    columns: [
      .init(title: "STARTED") { .moment($0.startedAt) },
      .init(title: "REGION") { Cell($0.region) },
      .init(title: "OUTCOME") { result in
        Cell(
          VoteWords.text(result.json["outcome"], result.json["failure"]?["reason"]),
          plain: result.outcome, state: result.outcome)
      },
      .init(title: "STATUS", isNumber: true) { Cell($0.status) },
      .init(title: "TOTAL", isNumber: true) { time($0.totalUs) },
      .init(title: "DNS", isWide: true, isNumber: true) { time($0.dnsUs) },
      .init(title: "CONNECT", isWide: true, isNumber: true) { time($0.connectUs) },
      .init(title: "TLS", isWide: true, isNumber: true) { time($0.tlsUs) },
      .init(title: "FIRST BYTE", isWide: true, isNumber: true) { time($0.firstByteUs) },
      .init(title: "AGENT", isWide: true) { .id($0.agent) },
      .init(title: "REASON", isWide: true, isOptional: true) { Cell($0.reason) },
      .init(title: "DETAIL", isOptional: true) { result in
        Cell(result.detail ?? "", plain: result.detail ?? "")
      },
    ])

  /// Microseconds; for a program as they are.
  static func time(_ microseconds: Int64?) -> Cell {
    Cell(
      VoteWords.duration(microseconds.map { .integer($0) }),
      plain: microseconds.map { String($0) } ?? "")
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Monitor.finder(client).id(monitor)
      let until = try TimeWords.moment(until, flag: "--until")
      try await options.list(
        as: Self.listing,
        empty: "There are no results in this span. Is there an agent? upblit agent list",
        watching: watching,
        look: { () async throws(CLIError) -> [ProbeResult] in
          try await client.list(
            "\(Monitor.path)/\(id)/results",
            [
              ("region", region), ("since", try TimeWords.moment(since, flag: "--since")),
              ("until", until),
            ], limit: limit)
        }, key: { "\($0.startedAt?.text ?? "") \($0.agent)" })
    }
  }
}
