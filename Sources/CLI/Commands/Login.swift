import ArgumentParser
import JSON
import UpblitClient

/// `upblit login`.
struct Login: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Store a collector's address and your API key for it.",
    discussion: """
      On a terminal it asks for what is missing; the key is not shown while you type.
      Elsewhere the key comes from a file or from standard input, never from the command
      line, where others could see it. It is tried before it is stored, in a file that
      only you can read. Each collector becomes a context; the last login's is in use.

        upblit login https://upblit.example.org
        pass show upblit | upblit login https://upblit.example.org --with-token
        upblit login https://upblit.example.org --token-file key.txt --context work
      """)

  @Argument(help: "The collector's address.")
  var url: String?

  @Flag(help: "Read the API key from standard input.")
  var withToken = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if url != nil, options.connection.server != nil {
      throw ValidationError("Give the address once.")
    }
    if withToken, options.connection.tokenFile != nil {
      throw ValidationError("--with-token and --token-file exclude each other.")
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      var file = try ContextFile.read()
      let wanted = options.connection.context
      let stored = (wanted ?? (url == nil ? file.current : nil)).flatMap { file[$0] }
      let address = try Connection.checked(try address(stored))
      let name = wanted ?? Self.name(for: address, in: file)
      guard CollectorContext.isName(name) else {
        throw CLIError(.usage, "--context takes letters, digits, . _ and -")
      }
      let credential = try credential(for: address)
      let caFile =
        options.connection.caFile ?? Environment.value("UPBLIT_CA_FILE") ?? file[name]?.caFile
      var configuration = ClientConfiguration(
        server: address, credential: credential, caFile: caFile,
        timeoutMs: options.connection.timeout * 1000, userAgent: "upblit/\(APIClient.version)")
      if options.connection.debug { configuration.observer = { Console.error(DebugText.text($0)) } }
      let me = Identity(try await Session(configuration).get("/api/v1/me"))
      var credentials = try CredentialFile.read()
      credentials.set(credential, of: name)
      try credentials.write()
      file.put(
        CollectorContext(
          name: name, server: address.origin, caFile: caFile, organization: me.organizationName))
      file.current = name
      try file.write()
      try Printer(options).report(me.json) { Self.text(me, address, name) }
      if options.output.isForPeople { Console.note(Self.advice) }
    }
  }

  private func address(_ stored: CollectorContext?) throws(CLIError) -> String {
    if let given = url ?? options.connection.server { return given }
    if let given = Environment.value("UPBLIT_SERVER") ?? stored?.server { return given }
    if Console.canAsk, !options.noInput {
      let answer = Console.ask("Address of the collector, such as https://upblit.example.org: ")
      if !answer.isEmpty { return answer }
    }
    throw CLIError(.usage, "which collector? upblit login https://upblit.example.org")
  }

  private func credential(for address: ServerAddress) throws(CLIError) -> Credential {
    if let path = withToken ? "-" : options.connection.tokenFile {
      return try Connection.credential(FileText.read(path, limit: 65536))
    }
    guard Console.canAsk, !options.noInput else {
      throw CLIError(
        .usage,
        "there is nobody to ask for the key: hand it over with --with-token on standard "
          + "input, or with --token-file FILE")
    }
    Console.note(
      "`upblit-collector create-admin` prints the first key; administrators make more.")
    return try Connection.credential(Console.askSecret("API key for \(address): "))
  }

  /// The context that has this address already, or else its host's name.
  private static func name(for address: ServerAddress, in file: ContextFile) -> String {
    if let known = file.contexts.first(where: { $0.server == address.origin }) { return known.name }
    let start = address.origin.utf8.firstRange(of: "://".utf8)?.upperBound
    let text = String(address.origin[(start ?? address.origin.startIndex)...])
    let bytes = text.utf8.map { byte in
      CollectorContext.isName(String(decoding: [UInt8(ascii: "a"), byte], as: UTF8.self))
        ? byte : UInt8(ascii: "-")
    }
    let trimmed = String(decoding: bytes.drop { $0 == UInt8(ascii: "-") }.prefix(64), as: UTF8.self)
    return trimmed.isEmpty ? "default" : trimmed
  }

  private static func text(_ me: Identity, _ address: ServerAddress, _ name: String) -> String {
    let key = me.keyName.map { " with key \(DisplayText.escaped($0))" } ?? ""
    return "Logged in to \(address) as organization \(DisplayText.escaped(me.organizationName))"
      + "\(key).\nThe context \(name) is in use.\n"
  }

  static let advice = """

    Next:
      upblit monitor create shop https://shop.example.org/
      upblit status --watch
    """
}

/// `upblit logout`.
struct Logout: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "Forget the stored API key of a context.",
    discussion: """
      The context stays, and the key stays valid: an administrator revokes it.

        upblit logout
        upblit logout --context work
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let file = try ContextFile.read()
      guard
        let name = options.connection.context ?? Environment.value("UPBLIT_CONTEXT") ?? file.current
      else { throw CLIError(.notAllowed, "not logged in: there is nothing to forget") }
      let context = try file.required(name)
      var credentials = try CredentialFile.read()
      guard credentials.set(nil, of: context.name) else {
        return Console.note("The context \(context.name) has no key.")
      }
      try credentials.write()
      Console.note(
        "Forgot the key of \(context.name). Log in again: upblit login -c \(context.name)")
    }
  }
}

/// `upblit whoami`.
struct Whoami: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami", abstract: "Show whose key is in use and what it may do.",
    discussion: """
        upblit whoami
        upblit whoami -o json
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let me = Identity(try await client.get("/api/v1/me"))
      try Printer(options).report(me.json) {
        var rows = Details()
        rows.add("collector", client.url)
        rows.add("context", client.context)
        rows.add("organization", me.organizationName)
        rows.add("key", me.keyName)
        rows.add("scopes", me.scopes.joined(separator: ", "))
        return rows.text
      }
    }
  }
}
