import ArgumentParser
import UpblitClient

/// `upblit logout`.
struct Logout: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "End the session of a context, or forget its API key.",
    discussion: """
      A session ends at the collector too; where that can't be reached it is forgotten
      here, and said so. A key stays valid: `upblit key revoke` ends it. The context
      stays.

        upblit logout
        upblit logout --context work
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let context = try ContextFile.read().chosen(options.connection.context)
      guard let login = try CredentialFile.read().login(of: context.name) else {
        return Console.note("The context \(context.name) has no login.")
      }
      // It ends where it was begun, wherever the context leads by now.
      if case .session(let tokens, _) = login.proof,
        let server = try? Connection.checked(login.server)
      {
        await end(tokens, context, server)
      }
      try CredentialFile.change { $0.forget(context.name) }
      Console.note(
        "Forgot the login of \(context.name). Log in again: upblit login -c \(context.name)")
    }
  }

  private func end(
    _ tokens: SessionTokens, _ context: CollectorContext, _ server: ServerAddress
  ) async {
    do throws(CLIError) {
      var connection = Connection(server: server)
      connection.caFile =
        options.connection.caFile ?? Environment.value("UPBLIT_CA_FILE")
        ?? (context.origin == server.origin ? context.caFile : nil)
      let store = StoredSession(context: context.name, server: server)
      connection.credential = .session(SessionCredential(tokens, store: store))
      try await Session(options.connection.configuration(connection))
        .ask { (client) async throws(APIError) in try await client.signOut() }
    } catch {
      // One that has ended already is what was wanted.
      if error.code == .notAllowed { return }
      Console.error(
        "upblit: the session may go on at \(server) until it expires: \(error.message)")
    }
  }
}
