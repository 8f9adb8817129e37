import ArgumentParser
import UpblitClient

/// `upblit region`.
struct RegionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "region", abstract: "List from where monitors can be watched.",
    discussion: """
        upblit region list
      """,
    subcommands: [RegionList.self])
}

/// `upblit region list`.
struct RegionList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the regions, with their agents and what they watch.",
    discussion: """
        upblit region list
      """)

  @OptionGroup var options: GlobalOptions

  private static let listing = Listing<Region>(
    name: \.name,
    columns: [
      .init(title: "REGION") { Cell($0.name) },
      .init(title: "AGENTS", isNumber: true) { Cell($0.ownAgents + $0.sharedAgents) },
      .init(title: "LIVE", isNumber: true) { Cell($0.liveAgents) },
      .init(title: "HEARD") { .moment($0.heardAt) },
      .init(title: "MONITORS", isNumber: true) { Cell($0.monitors) },
      .init(title: "OWN", isWide: true, isNumber: true) { Cell($0.ownAgents) },
      .init(title: "SHARED", isWide: true, isNumber: true) { Cell($0.sharedAgents) },
    ])

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Self.listing,
        empty: "There are no regions yet. Make a token for an agent: upblit agent token create"
      ) { () async throws(CLIError) -> [Region] in try await client.list(Region.path) }
    }
  }
}
