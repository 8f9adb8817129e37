import ArgumentParser
import UpblitClient

/// `upblit session`.
struct SessionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "List and end the places from which you are signed in.",
    discussion: """
        upblit session list
        upblit session revoke 1b4e28ba
      """,
    subcommands: [SessionList.self, RemoveCommand<LoginSession>.self])
}

extension LoginSession: Removable {
  static let commandWords = "session"
  static let example = "1b4e28ba"
  static let handle = "Its id, or the beginning of its id."

  static let listing = Listing<LoginSession>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "CURRENT") { session in
        Cell(
          session.isCurrent ? "*" : "", plain: session.isCurrent ? "true" : "false", state: "up")
      },
      .init(title: "KIND") { Cell($0.kind) },
      .init(title: "USED") { .moment($0.usedAt) },
      .init(title: "EXPIRES") { .moment($0.expiresAt) },
      .init(title: "ADDRESS") { Cell($0.address) },
      .init(title: "PROGRAM") { Cell($0.userAgent) },
      .init(title: "CREATED", isWide: true) { .moment($0.createdAt) },
    ])

  static let removal = Removal(
    commandName: "revoke", aliases: ["end"],
    abstract: "End a session, wherever it is signed in.", done: "revoked",
    question: "End the session")

  static func details(_ session: LoginSession) -> String {
    var rows = Details()
    rows.add("id", session.id)
    rows.add("kind", session.kind)
    rows.add("address", session.address)
    rows.add("program", session.userAgent)
    rows.add("used", session.usedAt?.display)
    rows.add("expires", session.expiresAt?.display)
    return rows.text
  }
}

/// `upblit session list`.
struct SessionList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the places from which you are signed in.",
    discussion: """
        upblit session list
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(as: LoginSession.listing, empty: "There are no sessions.") {
        () async throws(CLIError) -> [LoginSession] in try await client.list(LoginSession.path)
      }
    }
  }
}
