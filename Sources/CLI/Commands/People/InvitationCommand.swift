import ArgumentParser
import UpblitClient

/// `upblit invitation`.
struct InvitationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "invitation",
    abstract: "List invitations and take them back.",
    discussion: """
        upblit invitation list
        upblit invitation revoke 1b4e28ba
      """,
    subcommands: [
      InvitationList.self, GetCommand<Invitation>.self, RemoveCommand<Invitation>.self,
    ])
}

extension Invitation: Removable {
  static let commandWords = "invitation"
  static let example = "1b4e28ba"
  static let handle = "The address that it is for, its id, or the beginning of its id."

  static let listing = Listing<Invitation>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "STATE") { .state($0.standing) },
      .init(title: "EMAIL") { Cell($0.email) },
      .init(title: "ROLE") { Cell($0.role) },
      .init(title: "EXPIRES") { .moment($0.expiresAt) },
      .init(title: "CREATED", isWide: true) { .moment($0.createdAt) },
    ])

  static let removal = Removal(
    commandName: "revoke", aliases: ["delete"], abstract: "Take an invitation back.",
    done: "revoked", question: "Revoke the invitation")

  static func details(_ invitation: Invitation) -> String {
    var rows = Details()
    rows.add("id", invitation.id)
    rows.add("state", invitation.standing, state: invitation.standing)
    rows.add("for", invitation.email ?? "whoever has the link")
    rows.add("role", invitation.role)
    rows.add("created", invitation.createdAt?.display)
    rows.add("expires", invitation.expiresAt?.display)
    return rows.text
  }
}

/// `upblit invitation list`.
struct InvitationList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the invitations of your organization.",
    discussion: """
        upblit invitation list
      """)

  @OptionGroup var most: LimitOption
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Invitation.listing,
        empty: "There are no invitations. Invite somebody: upblit user invite EMAIL"
      ) { () async throws(CLIError) -> [Invitation] in
        try await client.list(Invitation.path, limit: most.limit)
      }
    }
  }
}
