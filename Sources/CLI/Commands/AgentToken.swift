import ArgumentParser
import JSON

/// `upblit agent token`.
struct AgentToken: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list and revoke the tokens by which agents enrol.",
    discussion: """
        upblit agent token create --region eu-central --provider hetzner
        upblit agent token list
      """,
    subcommands: [AgentTokenCreate.self, AgentTokenList.self, AgentTokenRevoke.self])

  static let path = "/api/v1/enrolment-tokens"
}

/// `upblit agent token create`.
struct AgentTokenCreate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a token and print how to enrol with it.",
    discussion: """
      A token enrols one agent and is shown this once. Region and provider, where
      given, win over what the agent says of itself.

        upblit agent token create --region eu-central --provider hetzner
        upblit agent token create -o json --lifetime 600
      """)

  @Option(help: "The agent's name. Default: its host's.")
  var name: String?

  @Option(help: "The agent's region.")
  var region: String?

  @Option(help: "The agent's provider.")
  var provider: String?

  @Option(help: "Seconds for which the token may be used, 60 to 604800.")
  var lifetime: Int = 3600

  @Flag(inversion: .prefixedNo, help: "Whether all organizations may use the agent (operators).")
  var shared: Bool?

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      var body = JSONObject()
      body["name"] = name.map { .string($0) }
      body["region"] = region.map { .string($0) }
      body["provider"] = provider.map { .string($0) }
      body["lifetime_s"] = .integer(Int64(lifetime))
      body["shared"] = shared.map { .bool($0) }
      let token = try options.client().post(AgentToken.path, .object(body))
      if options.output == .json { return Console.out(token.indentedText + "\n") }
      let expires = Moment.display(token["expires_at"]?.stringValue)
      Console.out(
        "Token \(token["id"]?.stringValue ?? "?"), for one agent, expires \(expires).\n"
          + "On the agent's machine:\n\n  "
          + DisplayText.escaped(token["command"]?.stringValue ?? "?") + "\n\n")
    }
  }
}

/// `upblit agent token list`.
struct AgentTokenList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the tokens; their secrets are not shown.",
    discussion: """
        upblit agent token list
      """)

  @Option(help: "At most so many, newest first.")
  var limit: Int = 50

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard 1...10_000 ~= limit else { throw ValidationError("--limit must be from 1 to 10000.") }
  }

  func run() throws {
    try reporting { () throws(CLIError) in
      let tokens = try options.client().list(AgentToken.path, limit: limit)
      if options.output == .json { return Console.out(JSONValue.array(tokens).indentedText + "\n") }
      if tokens.isEmpty { return Console.error("There are no tokens.") }
      var table = Table(["ID", "STATE", "NAME", "REGION", "PROVIDER", "EXPIRES", "AGENT"])
      for token in tokens {
        table.add([
          String((token["id"]?.stringValue ?? "?").prefix(8)), token["state"]?.stringValue ?? "?",
          token["name"]?.stringValue ?? "-", token["region"]?.stringValue ?? "-",
          token["provider"]?.stringValue ?? "-", Moment.display(token["expires_at"]?.stringValue),
          token["agent"]?.stringValue.map { String($0.prefix(8)) } ?? "-",
        ])
      }
      Console.out(table.text(columns: Console.columns))
    }
  }
}

/// `upblit agent token revoke`.
struct AgentTokenRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke a token that was not used.",
    discussion: """
        upblit agent token revoke 1b4e28ba
      """)

  @Argument(help: "Its id, or the beginning of its id.")
  var token: String

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let finder = Finder(client: client, path: AgentToken.path, thing: "enrolment token")
      let id = try finder.id(token)
      try client.delete("\(AgentToken.path)/\(id)")
      Console.out(options.output == .json ? "{\"revoked\":\"\(id)\"}\n" : "Revoked \(id).\n")
    }
  }
}
