import ArgumentParser
import JSON
import UpblitClient

/// `upblit user`.
struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user",
    abstract: "List, invite, change and remove your organization's people.",
    discussion: """
      Roles: owner, admin (all but what concerns owners), editor (changes what is
      watched), viewer (looks).

        upblit user list
        upblit user invite ann@example.org --role editor
        upblit user role ann@example.org admin
      """,
    subcommands: [
      UserList.self, GetCommand<Member>.self, UserInvite.self, UserRole.self,
      RemoveCommand<Member>.self,
    ])
}

extension Member: Removable {
  static let commandWords = "user"
  static let example = "ann@example.org"
  static let handle = "Their e-mail address, their id, or the beginning of their id."

  static let listing = Listing<Member>(
    name: \.id,
    columns: [
      .init(title: "ID") { .id($0.id) },
      .init(title: "EMAIL") { Cell($0.email) },
      .init(title: "NAME") { Cell($0.fullName) },
      .init(title: "ROLE") { Cell($0.role) },
      .init(title: "2FA") { Cell($0.hasSecondFactor ? "yes" : "no") },
      .init(title: "JOINED") { .moment($0.joinedAt) },
      .init(title: "DISABLED", isOptional: true) { member in
        let word = member.isDisabled ? "yes" : ""
        return Cell(word, plain: word)
      },
    ])

  static let removal = Removal(
    commandName: "remove", aliases: ["delete"],
    abstract: "Remove a person from your organization; their account stays.",
    discussion: "Keys that they made end.", done: "removed", question: "Remove")

  static func details(_ member: Member) -> String {
    var rows = Details()
    rows.add("email", member.email)
    rows.add("name", member.fullName)
    rows.add("id", member.id)
    rows.add("role", member.role)
    rows.add("second factor", member.hasSecondFactor ? "yes" : "no")
    rows.add("disabled", member.isDisabled ? "yes" : nil)
    rows.add("joined", member.joinedAt?.display)
    rows.add("changed", member.updatedAt?.display)
    return rows.text
  }
}

/// `upblit user list`.
struct UserList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the people of your organization and their roles.",
    discussion: """
        upblit user list
        upblit user list -o csv
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      try await options.list(
        as: Member.listing, empty: "There is nobody. Invite somebody: upblit user invite EMAIL"
      ) { () async throws(CLIError) -> [Member] in try await client.list(Member.path) }
    }
  }
}

/// `upblit user role`.
struct UserRole: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role", abstract: "Give a person another role.",
    discussion: """
        upblit user role ann@example.org admin
      """)

  @Argument(help: "Their e-mail address, their id, or the beginning of their id.")
  var user: String

  @Argument(help: "owner, admin, editor or viewer.")
  var role: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let id = try await Member.finder(client).id(user)
      let changed = Member(
        try await client.patch("\(Member.path)/\(id)", ["role": .string(role)]))
      try Printer(options).item(changed, as: Member.listing, details: Member.details)
    }
  }
}

/// `upblit user invite`.
struct UserInvite: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite", abstract: "Invite somebody, and print the link to hand over.",
    discussion: """
      The link is good once and shown this once: standard output has it alone. Without an
      address whoever has it may use it.

        upblit user invite ann@example.org --role editor
        upblit user invite --role viewer --lifetime 2d
      """)

  @Argument(help: "Whom it is for.")
  var email: String?

  @Option(help: "What they will be: owner, admin, editor or viewer.")
  var role: String = "viewer"

  @Option(help: ArgumentHelp("How long it is good: 12h, 7d.", valueName: "span"))
  var lifetime: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var body = JSONObject()
      body["role"] = .string(role)
      body["email"] = email.map { .string($0) }
      body["lifetime_s"] = try TimeWords.seconds(lifetime, flag: "--lifetime").map { .integer($0) }
      let made = Invitation(try await options.client().post(Invitation.path, .object(body)))
      try Printer(options).secret(
        made.link ?? made.secret, of: made.json,
        """
        Invited \(DisplayText.escaped(made.email ?? "whoever has the link")) as \
        \(DisplayText.escaped(made.role)); it expires \(made.expiresAt?.display ?? "?").
        It is shown this once. Take it back: upblit invitation revoke \(made.id.prefix(8))
        """)
    }
  }
}
