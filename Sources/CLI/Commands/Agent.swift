import ArgumentParser
import JSON

/// `upblit agent`.
struct Agent: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, show and revoke agents; make enrolment tokens.",
    discussion: """
        upblit agent list
        upblit agent token create --region eu-central --provider hetzner
        upblit agent events fra-1
        upblit agent revoke fra-1
      """,
    subcommands: [
      AgentList.self, AgentShow.self, AgentEvents.self, AgentRevoke.self, AgentToken.self,
    ])

  static let path = "/api/v1/agents"

  static func finder(_ client: APIClient) -> Finder {
    Finder(client: client, path: path, thing: "agent")
  }
}

/// `upblit agent list`.
struct AgentList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the agents with their state.",
    discussion: """
        upblit agent list
      """)

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let agents = try options.client().list(Agent.path)
      if options.output == .json { return Console.out(JSONValue.array(agents).indentedText + "\n") }
      if agents.isEmpty {
        return Console.error(
          "There are no agents yet. Make a token for one: upblit agent token create")
      }
      var table = Table([
        "ID", "NAME", "REGION", "PROVIDER", "STATE", "TRUST", "SEEN", "PROBES", "SPOOL",
      ])
      for agent in agents {
        table.add([
          String((agent["id"]?.stringValue ?? "?").prefix(8)), agent["name"]?.stringValue ?? "?",
          agent["region"]?.stringValue ?? "?", agent["provider"]?.stringValue ?? "?",
          agent["state"]?.stringValue ?? "?", Self.trust(agent),
          Moment.display(agent["live"]?["seen_at"]?.stringValue),
          agent["assigned"]?.integerValue.map { String($0) } ?? "?",
          agent["live"]?["spool_bytes"]?.integerValue.map(Self.bytes) ?? "-",
        ])
      }
      Console.out(table.text(columns: Console.columns))
    }
  }

  /// `yes`, or why the agent's ambiguous failures do not count; `-` before it ever spoke.
  static func trust(_ agent: JSONValue) -> String {
    if let reason = agent["distrust"]?["reason"]?.stringValue {
      return "no: " + reason.replacing("_", with: " ")
    }
    return agent["live"].map(\.isNull) ?? true ? "-" : "yes"
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

/// `upblit agent show`.
struct AgentShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one agent.",
    discussion: """
        upblit agent show fra-1
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var agent: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let found = try client.get("\(Agent.path)/\(try Agent.finder(client).id(agent))")
      if options.output == .json { return Console.out(found.indentedText + "\n") }
      var rows = Details()
      for name in ["name", "id", "state", "region", "provider", "hostname", "software"] {
        rows.add(name, found[name]?.stringValue)
      }
      rows.add("shared", found["shared"]?.boolValue == true ? "yes" : "no")
      rows.add("trusted", AgentList.trust(found))
      rows.add(
        "distrusted since",
        found["distrust"]?["since"]?.stringValue.map { Moment.display($0) })
      rows.add("enrolled", Moment.display(found["created_at"]?.stringValue))
      rows.add("revoked", found["revoked_at"]?.stringValue.map { Moment.display($0) })
      rows.add("monitors", found["assigned"]?.integerValue.map { String($0) })
      if let live = found["live"], !live.isNull {
        rows.add("seen", Moment.display(live["seen_at"]?.stringValue))
        rows.add("connected", Moment.display(live["connected_since"]?.stringValue))
        rows.add("failing targets", live["failing"]?.integerValue.map { String($0) })
        rows.add("spool", live["spool_bytes"]?.integerValue.map(AgentList.bytes))
        rows.add("dropped results", live["dropped"]?.integerValue.map { String($0) })
        rows.add("loop lag", live["loop_lag_ms"]?.integerValue.map { "\($0) ms" })
      }
      Console.out(rows.text)
    }
  }
}

/// `upblit agent revoke`.
struct AgentRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an agent, at once and for ever.",
    discussion: """
      Its connection ends and its key is refused from then on; its results stay. To
      bring the machine back, enrol it again with a new token.

        upblit agent revoke fra-1
      """)

  @Argument(help: "Its name, its id, or the beginning of its id.")
  var agent: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let id = try Agent.finder(client).id(agent)
      try client.delete("\(Agent.path)/\(id)")
      Console.out(options.output == .json ? "{\"revoked\":\"\(id)\"}\n" : "Revoked \(id).\n")
    }
  }
}
