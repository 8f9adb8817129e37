import Glibc
import OpenSSL
import Postgres
import Settings
import Store

/// `create-admin --email` and `reset-password`: for whoever has the machine, when nobody can sign in.
enum PeopleCommands {
  /// Makes an operator, who owns the organization.
  static func createAdmin(_ surroundings: Surroundings, email: EmailAddress) throws {
    let settings = surroundings.settings
    let connection = try surroundings.connect()
    try Migrator.check(connection)
    let password = try password(for: email)
    let hash = try PasswordHash(hashing: password)
    let organization = settings[CollectorSettings.organization]
    let draft = PersonDraft(
      email: email, name: settings[CollectorSettings.name], passwordHash: hash.text)
    do {
      _ = try Administrator.createPerson(draft, organization: organization, on: connection)
    } catch AccountRefusal.emailTaken {
      throw CommandFailure(
        code: .configuration,
        message: "there is a person \(email.text) already: use reset-password for a new password")
    }
    StandardOutput.write(
      "\(email.text) is an operator now, and an owner of the organization \"\(organization)\"\n")
  }

  /// Gives a person another password, and ends their sessions.
  static func resetPassword(_ surroundings: Surroundings) throws {
    guard let email = surroundings.settings[CollectorSettings.email] else {
      throw CommandFailure(code: .usage, message: "say whose password: --email ADDRESS")
    }
    let connection = try surroundings.connect()
    try Migrator.check(connection)
    guard let person = try PersonQueries.find(email, on: connection) else {
      throw CommandFailure(
        code: .configuration, message: "there is no person \(email.text)")
    }
    let hash = try PasswordHash(hashing: try password(for: email))
    let context = AuditContext(actor: .system("upblit-collector reset-password"))
    _ = try AuditTrail.write(by: context, on: connection) {
      try PersonQueries.setPassword(hash, of: person.id, in: $0)
    }
    StandardOutput.write("\(email.text) has a new password; all their sessions have ended\n")
  }

  /// Asks for a password: twice at a terminal, as one line of standard input elsewhere.
  private static func password(for email: EmailAddress) throws -> String {
    guard let password = SecretInput.read("Password for \(email.text): "), !password.isEmpty else {
      throw CommandFailure(
        code: .usage, message: "no password came: type one, or give it on standard input")
    }
    if let problem = PasswordRules.problem(with: password, of: email) {
      throw CommandFailure(
        code: .usage,
        message: "this password will not do (\(problem)): it must have at least "
          + "\(PasswordRules.range.lowerBound) characters, not few different ones, and not be the "
          + "address")
    }
    if isatty(0) == 1 {
      guard SecretInput.read("The same again: ") == password else {
        throw CommandFailure(code: .usage, message: "the two are not the same; begin again")
      }
    }
    return password
  }
}
