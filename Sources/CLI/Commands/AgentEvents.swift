import ArgumentParser
import JSON
import UpblitClient

/// `upblit agent events`.
struct AgentEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "List when an agent was not trusted, and why; newest first.",
    discussion: """
        upblit agent events fra-1
        upblit agent events fra-1 --limit 200 -o json
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var agent: String

  @Option(help: "At most so many.")
  var limit: Int = 50

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...100_000 ~= limit else { throw ValidationError("--limit must be from 1 to 100000.") }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Agent.finder(client).id(agent)
      let events: [AgentEvent] = try await client.list(
        "\(Agent.path)/\(id)/events", limit: limit)
      try Printer(options).list(
        events, as: Self.listing, empty: "Nothing was ever amiss with this agent.")
    }
  }

  private static let listing = Listing<AgentEvent>(
    name: { $0.json["id"]?.stringValue ?? "" },
    columns: [
      .init(title: "AT") { .moment($0.at) },
      .init(title: "EVENT") { Cell($0.kind) },
      .init(title: "WHAT") { Cell($0.text) },
    ])
}
