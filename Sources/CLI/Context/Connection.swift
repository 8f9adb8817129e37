import UpblitClient

/// Which collector is asked, and as whom: flags before the environment before the stored context.
struct Connection {
  var server: ServerAddress
  var credential: Credential?
  var caFile: String?
  /// The context that had a say.
  var context: String?

  static let howToLogIn =
    "run `upblit login https://upblit.example.org`, or set UPBLIT_SERVER and UPBLIT_TOKEN"

  init(_ options: ConnectionOptions) throws(CLIError) {
    let file = try ContextFile.read()
    // A context that a flag names goes before the environment; so does what other flags name.
    let listensToEnvironment = options.context == nil
    func environment(_ name: String) -> String? {
      listensToEnvironment ? Environment.value(name) : nil
    }
    let stored: CollectorContext? =
      if let name = options.context ?? environment("UPBLIT_CONTEXT") {
        try file.required(name)
      } else {
        file.current.flatMap { file[$0] }
      }
    guard let address = options.server ?? environment("UPBLIT_SERVER") ?? stored?.server else {
      throw CLIError(.notAllowed, "not logged in: \(Self.howToLogIn)")
    }
    server = try Self.checked(address)
    context = stored?.name
    caFile = options.caFile ?? environment("UPBLIT_CA_FILE") ?? stored?.caFile
    if let path = options.tokenFile {
      credential = try Self.credential(FileText.read(path, limit: 65536))
    } else if let token = environment("UPBLIT_TOKEN") {
      credential = try Self.credential(token)
    } else if let stored, try Self.checked(stored.server) == server {
      // A stored credential goes to its own collector alone.
      credential = try CredentialFile.read().credential(of: stored.name)
    }
  }

  /// An address to which a credential may be sent.
  static func checked(_ text: String) throws(CLIError) -> ServerAddress {
    do throws(APIError) {
      let server = try ServerAddress(text)
      guard server.keepsSecrets else { throw APIError.insecure(server) }
      return server
    } catch {
      throw CLIError(.usage, DisplayText.escaped("\(error)"))
    }
  }

  static func credential(_ text: String) throws(CLIError) -> Credential {
    guard let credential = Credential(FileText.trimmed(text)) else {
      throw CLIError(
        .notAllowed, "what was given is not an API key: a key begins with \(APIKey.prefix)")
    }
    return credential
  }
}
