import ArgumentParser
import JSON
import UpblitClient

/// `upblit key`.
struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make, list, show and revoke API keys.",
    discussion: """
      A key is for programs: it belongs to your organization, may do what its scopes say
      and never more than you may, and can end by itself.

        upblit key create ci --scope monitors:read --scope monitors:write --expires 90d
        upblit key list
        upblit key revoke ci
      """,
    subcommands: [
      KeyList.self, KeyCreate.self, GetCommand<KeyRecord>.self, RemoveCommand<KeyRecord>.self,
    ])
}

extension KeyRecord: Removable {
  static let commandWords = "key"
  static let example = "ci"

  static let listing = Listing<KeyRecord>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "NAME") { Cell($0.name) },
      .init(title: "STATE") { .state($0.state) },
      .init(title: "SCOPES") {
        Cell(
          $0.scopes.count > 4 ? "\($0.scopes.count) scopes" : $0.scopes.joined(separator: " "))
      },
      .init(title: "EXPIRES") { .moment($0.expiresAt) },
      .init(title: "USED") { .moment($0.lastUsedAt) },
      .init(title: "HINT", isWide: true) { Cell($0.hint) },
      .init(title: "NETWORKS", isWide: true) { Cell($0.networks.joined(separator: " ")) },
      .init(title: "FROM", isWide: true) { Cell($0.lastAddress) },
      .init(title: "CREATED", isWide: true) { .moment($0.createdAt) },
    ])

  static let removal = Removal(
    commandName: "revoke", aliases: ["delete"], abstract: "Revoke a key, at once and for ever.",
    discussion: "The keys that were made with it end with it.", done: "revoked",
    question: "Revoke the key", questionEnd: " for ever")

  /// `live`, `expired` or `revoked`.
  var state: String {
    if revokedAt != nil { return "revoked" }
    guard let expiresAt else { return "live" }
    return expiresAt.milliseconds <= Moment.now ? "expired" : "live"
  }

  static func details(_ key: KeyRecord) -> String {
    var rows = Details()
    rows.add("name", key.name)
    rows.add("id", key.id)
    rows.add("state", key.state, state: key.state)
    rows.add("hint", key.hint)
    rows.add("scopes", key.scopes.joined(separator: ", "))
    if key.effectiveScopes != key.scopes, !key.effectiveScopes.isEmpty {
      rows.add("may do now", key.effectiveScopes.joined(separator: ", "))
    }
    rows.add("networks", key.networks.isEmpty ? "all" : key.networks.joined(separator: ", "))
    rows.add("created", key.createdAt?.display)
    rows.add("expires", key.expiresAt?.display ?? "never")
    rows.add("used", key.lastUsedAt?.display ?? "never")
    rows.add("used from", key.lastAddress)
    rows.add("revoked", key.revokedAt?.display)
    return rows.text
  }
}

/// `upblit key list`.
struct KeyList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List your organization's keys; their secrets are not shown.",
    discussion: """
        upblit key list
        upblit key list -o csv --columns name,state,expires,used
      """)

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: KeyRecord.listing, empty: "There are no keys. Make one: upblit key create NAME"
      ) { () async throws(CLIError) -> [KeyRecord] in
        try await client.list(KeyRecord.path, limit: most.limit)
      }
    }
  }
}

/// `upblit key create`.
struct KeyCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a key and print its secret, this once.",
    discussion: """
      Standard output has the secret alone, so that it can be put where it belongs; what
      else there is to say is on standard error.

        upblit key create ci --scope monitors:read --scope monitors:write --expires 90d
        upblit key create backup --scope monitors:read --network 192.0.2.0/24 \\
          | upblit login https://upblit.example.org --with-token --context backup
      """, aliases: ["add"])

  @Argument(help: "What it is for.")
  var name: String

  @Option(
    name: .customLong("scope"),
    help: "What it may do, such as monitors:read. Repeat it for more; `upblit whoami` shows yours.")
  var scopes: [String]

  @Option(help: "When it ends: a span from now such as 90d, or a time (RFC 3339). Default: never.")
  var expires: String?

  @Option(
    name: .customLong("network"),
    help: "From where it is taken, such as 192.0.2.0/24; repeat it for more. Default: everywhere.")
  var networks: [String] = []

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body = JSONObject()
      body["name"] = .string(name)
      body["scopes"] = .strings(scopes)
      body["expires_at"] = try TimeWords.later(expires, flag: "--expires").map { .string($0) }
      if !networks.isEmpty { body["networks"] = .strings(networks) }
      let made = KeyRecord(try await options.client().post(KeyRecord.path, .object(body)))
      try Printer(options).secret(
        made.secret, of: made.json,
        """
        Made the key \(DisplayText.escaped(made.name)) (\(DisplayText.escaped(made.id))), \
        \(made.expiresAt.map { "which expires \($0.display)" } ?? "which never expires").
        Its secret is shown this once. Revoke it: upblit key revoke \(made.id.prefix(8))
        """)
    }
  }
}
