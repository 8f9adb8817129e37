import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor latency`.
struct MonitorLatency: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency", abstract: "Tell how long a monitor's probes took, over time.",
    discussion: """
      Of probes that did not fail; steps without any are left out.

        upblit monitor latency shop
        upblit monitor latency shop --since 7d --step 1h --region eu
        upblit monitor latency shop -o csv
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(
    help: "From this time on: a span before now such as 7d, or a time. Default: a day.")
  var since: String?

  @Option(help: "Before this time, likewise.")
  var until: String?

  @Option(help: ArgumentHelp("How long a step is: 60s, 5m, 1h.", valueName: "span"))
  var step: String?

  @Option(help: "Only this region's.")
  var region: String?

  @OptionGroup var options: GlobalOptions

  private static let listing = Listing<LatencyStep>(
    name: { $0.at?.text ?? "" },
    columns: [
      .init(title: "AT") { .moment($0.at) },
      .init(title: "PROBES", isNumber: true) { Cell($0.count) },
      .init(title: "FAILED", isNumber: true) { Cell($0.failures) },
      .init(title: "P50", isNumber: true) { MonitorResults.time($0.p50Us) },
      .init(title: "P95", isNumber: true) { MonitorResults.time($0.p95Us) },
      .init(title: "P99", isNumber: true) { MonitorResults.time($0.p99Us) },
      .init(title: "MAX", isNumber: true) { MonitorResults.time($0.maxUs) },
    ])

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let since = try TimeWords.moment(since, flag: "--since")
      let until = try TimeWords.moment(until, flag: "--until")
      let step = try TimeWords.seconds(step, flag: "--step")
      let id = try await Monitor.finder(client).id(monitor)
      let series = try await client.ask { (client) async throws(APIError) in
        try await client.latency(
          of: id, since: since.flatMap { Moment($0) }, until: until.flatMap { Moment($0) },
          stepSeconds: step, region: region)
      }
      switch options.output {
      case .json, .yaml: try Printer(options).data(series.json)
      case .table, .wide, .csv, .name:
        try Printer(options).list(
          series.steps, as: Self.listing, empty: "Nothing was probed in this span.")
      }
    }
  }
}
