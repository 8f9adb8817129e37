import UpblitClient

/// Which collector is asked, and as whom: flags before the environment before the stored context.
///
/// What proves who asks goes to its own collector alone: a stored login to the one that gave it, a
/// token of the environment to the one that stands beside it.
struct Connection {
  var server: ServerAddress
  var credential: Credential?
  var caFile: String?
  /// In which organization a person acts.
  var organization: String?
  /// The context whose collector it is.
  var context: String?

  static let howToLogIn =
    "run `upblit login https://upblit.example.org`, or set UPBLIT_SERVER and UPBLIT_TOKEN"

  /// A collector by itself.
  init(server: ServerAddress, caFile: String? = nil) {
    self.server = server
    self.caFile = caFile
  }

  init(_ options: ConnectionOptions) throws(CLIError) {
    let file = try ContextFile.read()
    // A context that a flag names goes before the environment; so does what other flags name.
    let listensToEnvironment = options.context == nil
    func environment(_ name: String) -> String? {
      listensToEnvironment ? Environment.value(name) : nil
    }
    let chosen: CollectorContext? =
      if let name = options.context ?? environment("UPBLIT_CONTEXT") {
        try file.required(name)
      } else {
        file.current.flatMap { file[$0] }
      }
    let given = options.server ?? environment("UPBLIT_SERVER")
    guard let address = given ?? chosen?.server else {
      throw CLIError(.notAllowed, "not logged in: \(Self.howToLogIn)")
    }
    server = try Self.checked(address)
    // A context has a say in nothing but its own collector.
    let stored = chosen.flatMap { $0.origin == server.origin ? $0 : nil }
    context = stored?.name
    caFile = options.caFile ?? environment("UPBLIT_CA_FILE") ?? stored?.caFile
    if let path = options.tokenFile {
      credential = .apiKey(try Self.key(FileText.read(path, limit: 65536)))
    } else if let token = environment("UPBLIT_TOKEN") {
      try Self.requirePair(
        server, flag: options.server, environment: environment("UPBLIT_SERVER"))
      credential = .apiKey(try Self.key(token))
    } else if let stored {
      credential = try CredentialFile.read().credential(of: stored, at: server)
      // A key belongs to one organization, and says so itself.
      if case .session? = credential { organization = stored.organizationID }
    }
  }

  /// Throws unless the token of the environment is meant for `server`: by UPBLIT_SERVER, or, where
  /// that is not set, by a flag.
  private static func requirePair(
    _ server: ServerAddress, flag: String?, environment: String?
  ) throws(CLIError) {
    guard let environment else {
      if flag != nil { return }
      throw CLIError(
        .notAllowed,
        "UPBLIT_TOKEN is set, but not for which collector: set UPBLIT_SERVER beside it, or unset it "
          + "to use what is stored for \(server)")
    }
    guard try checked(environment) == server else {
      throw CLIError(
        .notAllowed,
        "UPBLIT_TOKEN belongs to UPBLIT_SERVER, which is \(DisplayText.escaped(environment)), and is "
          + "not sent to \(server): use --token-file")
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

  static func key(_ text: String) throws(CLIError) -> APIKey {
    guard let key = APIKey(FileText.trimmed(text)) else {
      throw CLIError(
        .notAllowed, "what was given is not an API key: a key begins with \(APIKey.prefix)")
    }
    return key
  }
}
