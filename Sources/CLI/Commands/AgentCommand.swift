import ArgumentParser
import JSON
import UpblitClient

/// `upblit agent`.
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "List, show and revoke agents; make enrolment tokens.",
    discussion: """
        upblit agent list
        upblit agent token create --region eu-central --provider hetzner
        upblit agent events fra-1
        upblit agent revoke fra-1
      """,
    subcommands: [
      AgentList.self, GetCommand<Agent>.self, AgentEvents.self, RemoveCommand<Agent>.self,
      AgentToken.self,
    ])

  static let listing = Listing<Agent>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "REGION") { Cell($0.region) },
      .init(title: "PROVIDER") { Cell($0.provider) },
      .init(title: "STATE") { .state($0.state) },
      .init(title: "TRUST") { Cell(trust($0)) },
      .init(title: "SEEN") { .moment($0.seenAt) },
      .init(title: "PROBES", isNumber: true) { Cell($0.assigned) },
      .init(title: "SPOOL", isNumber: true) { agent in
        Cell(agent.spoolBytes.map(bytes) ?? "-", plain: agent.spoolBytes.map { String($0) } ?? "")
      },
      .init(title: "SOFTWARE", isWide: true) { Cell($0.software) },
      .init(title: "HOST", isWide: true) { Cell($0.hostname) },
      .init(title: "SHARED", isWide: true) { Cell($0.isShared ? "yes" : "no") },
    ])

  /// `yes`, or why the agent's ambiguous failures do not count; `-` before it ever spoke.
  static func trust(_ agent: Agent) -> String {
    if let reason = agent.distrustReason { return "no: " + reason.replacing("_", with: " ") }
    return agent.live.isNull ? "-" : "yes"
  }

  /// A size in its largest fitting unit.
  static func bytes(_ count: Int64) -> String {
    switch count {
    case ..<10_240: "\(count) B"
    case ..<10_485_760: "\(count / 1024) KiB"
    default: "\(count / 1_048_576) MiB"
    }
  }
}

/// `upblit agent list`.
struct AgentList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the agents with their state.",
    discussion: """
        upblit agent list
        upblit agent list -o wide --watch
      """)

  @OptionGroup var watching: WatchOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Agent.listing,
        empty: "There are no agents yet. Make a token for one: upblit agent token create",
        watching: watching
      ) { () async throws(CLIError) -> [Agent] in try await client.list(Agent.path) }
    }
  }
}

extension Agent: Removable {
  static let commandWords = "agent"
  static let example = "fra-1"
  static var listing: Listing<Agent> { AgentCommand.listing }

  static let removal = Removal(
    commandName: "revoke", aliases: ["remove"],
    abstract: "Revoke an agent, at once and for ever.",
    discussion: """
      Its connection ends and its key is refused from then on; its results stay. To
      bring the machine back, enrol it again with a new token.
      """, done: "revoked", question: "Revoke the agent", questionEnd: " for ever")

  static func details(_ agent: Agent) -> String {
    var rows = Details()
    rows.add("name", agent.name)
    rows.add("id", agent.id)
    rows.add("state", agent.state, state: agent.state)
    rows.add("region", agent.region)
    rows.add("provider", agent.provider)
    rows.add("hostname", agent.hostname)
    rows.add("software", agent.software)
    rows.add("shared", agent.isShared ? "yes" : "no")
    rows.add("trusted", AgentCommand.trust(agent))
    rows.add("distrusted since", agent.distrustedSince?.display)
    rows.add("enrolled", agent.createdAt?.display)
    rows.add("revoked", agent.revokedAt?.display)
    rows.add("monitors", agent.assigned.map { String($0) })
    guard !agent.live.isNull else { return rows.text }
    let live = agent.live
    rows.add("seen", agent.seenAt?.display)
    rows.add("connected", Moment.display(live["connected_since"]?.stringValue))
    rows.add("failing targets", live["failing"]?.integerValue.map { String($0) })
    rows.add("spool", agent.spoolBytes.map(AgentCommand.bytes))
    rows.add("dropped results", live["dropped"]?.integerValue.map { String($0) })
    rows.add("loop lag", live["loop_lag_ms"]?.integerValue.map { "\($0) ms" })
    return rows.text
  }
}
