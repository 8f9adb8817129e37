import ArgumentParser
import JSON
import UpblitClient

/// `upblit agent token`.
struct AgentToken: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list and revoke the tokens by which agents enrol.",
    discussion: """
        upblit agent token create --region eu-central --provider hetzner
        upblit agent token list
      """,
    subcommands: [AgentTokenCreate.self, AgentTokenList.self, RemoveCommand<EnrolmentToken>.self])

  static let listing = Listing<EnrolmentToken>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "STATE") { .state($0.state) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "REGION") { Cell($0.region) },
      .init(title: "PROVIDER") { Cell($0.provider) },
      .init(title: "EXPIRES") { .moment($0.expiresAt) },
      .init(title: "AGENT") { .id($0.agent) },
    ])
}

/// `upblit agent token create`.
struct AgentTokenCreate: AsyncParsableCommand {
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

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body = JSONObject()
      body["name"] = name.map { .string($0) }
      body["region"] = region.map { .string($0) }
      body["provider"] = provider.map { .string($0) }
      body["lifetime_s"] = .integer(Int64(lifetime))
      body["shared"] = shared.map { .bool($0) }
      let made = EnrolmentToken(
        try await options.client().post(EnrolmentToken.path, .object(body)))
      try Printer(options).item(
        made, as: EnrolmentToken.listing, details: EnrolmentToken.details)
    }
  }
}

/// `upblit agent token list`.
struct AgentTokenList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the tokens; their secrets are not shown.",
    discussion: """
        upblit agent token list
      """)

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let tokens: [EnrolmentToken] = try await options.client().list(
        EnrolmentToken.path, limit: most.limit)
      try Printer(options).list(
        tokens, as: EnrolmentToken.listing,
        empty: "There are no tokens. Make one: upblit agent token create")
    }
  }
}

extension EnrolmentToken: Removable {
  static let commandWords = "agent token"
  static let example = "1b4e28ba"
  static let handle = "Its id, or the beginning of its id."
  static var listing: Listing<EnrolmentToken> { AgentToken.listing }

  static let removal = Removal(
    commandName: "revoke", abstract: "Revoke a token that was not used.", done: "revoked",
    question: "Revoke the token")

  static func details(_ token: EnrolmentToken) -> String {
    "Token \(DisplayText.escaped(token.id)), for one agent, expires "
      + "\(token.expiresAt?.display ?? "?").\nOn the agent's machine:\n\n  "
      + DisplayText.escaped(token.command ?? "?") + "\n\n"
  }
}
