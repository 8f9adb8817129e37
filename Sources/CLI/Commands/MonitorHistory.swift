import ArgumentParser
import JSON
import UpblitClient

/// `upblit monitor history`.
struct MonitorHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List a monitor's verdicts, newest first.",
    discussion: """
        upblit monitor history shop
        upblit monitor history shop --limit 5 -o json
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var monitor: String

  @Option(help: "At most so many.")
  var limit: Int = 20

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  private static let listing = Listing<Verdict>(
    name: \.id,
    columns: [
      .init(title: "DECIDED") { .moment($0.decidedAt) },
      .init(title: "VERDICT") { .state($0.verdict) },
      .init(title: "SINCE") { .moment($0.startedAt) },
      .init(title: "FAILING", isNumber: true) { verdict in
        guard let failing = verdict.failing, let voting = verdict.voting else {
          return Cell(nil as String?)
        }
        return Cell("\(failing) of \(voting)", plain: String(failing))
      },
      .init(title: "POLICY") { Cell(PolicyWords.text($0.json["policy"])) },
      .init(title: "ID", isWide: true) { Cell($0.id) },
    ])

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Monitor.finder(client).id(monitor)
      let verdicts: [Verdict] = try await client.list(
        "\(Monitor.path)/\(id)/verdicts", limit: limit)
      try Printer(options).list(
        verdicts, as: Self.listing, empty: "There is no verdict yet: has an agent probed it?")
    }
  }
}
