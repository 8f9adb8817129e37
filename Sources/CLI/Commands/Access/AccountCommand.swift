import ArgumentParser
import JSON
import UpblitClient

/// `upblit account`.
struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Show your account; change its password and second factor.",
    discussion: """
      For people who are signed in; a key is nobody's account.

        upblit account get
        upblit account password
        upblit account second-factor enable
      """,
    subcommands: [AccountGet.self, AccountPassword.self, AccountSecondFactor.self])
}

/// `upblit account get`.
struct AccountGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show your account.",
    discussion: """
        upblit account get
      """, aliases: ["show"])

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let person = Person(try await options.client().get("/api/v1/account"))
      try Printer(options).report(person.json) { Self.text(person) }
    }
  }

  private static func text(_ person: Person) -> String {
    var rows = Details()
    rows.add("email", person.email)
    rows.add("name", person.name)
    rows.add("id", person.id)
    rows.add("operator", person.isOperator ? "yes" : nil)
    rows.add("second factor", person.hasSecondFactor ? "yes" : "no")
    if person.hasSecondFactor {
      rows.add("recovery codes", person.recoveryCodesLeft.map { "\($0) left" })
    }
    rows.add(
      "organizations",
      person.organizations.map { "\($0.name) (\($0.role))" }.joined(separator: ", "))
    rows.add("created", person.createdAt?.display)
    return rows.text
  }
}

/// `upblit account password`.
struct AccountPassword: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "password", abstract: "Change your password; your other sessions end.",
    discussion: """
      Asks for the present password and twice for the new one. This session goes on.

        upblit account password
        upblit account password --password-file old.txt --new-password-file new.txt
      """)

  @Option(help: ArgumentHelp("A file with the present password, or -.", valueName: "file"))
  var passwordFile: String?

  @Option(help: ArgumentHelp("A file with the new password.", valueName: "file"))
  var newPasswordFile: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let passwords = Passwords(options: options)
      let old = try passwords.read(from: passwordFile, "Present password: ")
      let new = try passwords.readNew(from: newPasswordFile, "New password: ")
      let next = try await client.ask { (client) async throws(APIError) in
        try await client.changePassword(from: old, to: new)
      }
      if let context = client.context {
        let server = client.client.server
        try CredentialFile.change { file in
          guard let login = file.login(of: context), login.server == server.origin else { return }
          file.put(
            StoredLogin(
              context: context, server: server,
              proof: .session(next.tokens, person: next.person.email)))
        }
      }
      try Printer(options).report(next.person.json) {
        "Changed the password of \(DisplayText.escaped(next.person.email)).\n"
      }
    }
  }
}
