import ArgumentParser
import UpblitClient

/// `upblit login`.
struct Login: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Sign in to a collector, or store an API key for it.",
    discussion: """
      Asks for your e-mail address, your password and, where your account has a
      second factor, a code; what is secret is not shown while you type. The session
      is stored in a file that only you can read, renewed by itself, and ended by
      `upblit logout`.

      Where nobody can be asked, and for programs, use an API key: it is read from
      standard input or a file, never from the command line, where others could see
      it, and tried before it is stored.

      Each collector becomes a context; the last login's is in use.

        upblit login https://upblit.example.org
        upblit login https://upblit.example.org --email ann@example.org
        upblit login https://upblit.example.org --setup       # the very first person
        upblit login https://upblit.example.org --invitation  # who was invited
        pass show upblit | upblit login https://upblit.example.org --with-token
        upblit login https://upblit.example.org --token-file key.txt --context ci
      """)

  @Argument(help: "The collector's address.")
  var url: String?

  @Flag(help: "Take an API key from standard input; on a terminal it is asked for.")
  var withToken = false

  @Flag(
    help: "Make the first account, an operator's, with the secret that the collector's log shows.")
  var setup = false

  @Flag(help: "Make your account with the secret of an invitation.")
  var invitation = false

  @Option(help: "The e-mail address of your account.")
  var email: String?

  @Option(help: ArgumentHelp("A file with your password, or -.", valueName: "file"))
  var passwordFile: String?

  @Option(
    help: ArgumentHelp("In which of your organizations to act: its name or id.", valueName: "name"))
  var organization: String?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if url != nil, options.connection.server != nil {
      throw ValidationError("Give the address once.")
    }
    if withToken, options.connection.tokenFile != nil {
      throw ValidationError("--with-token and --token-file exclude each other.")
    }
    if setup, invitation {
      throw ValidationError("--setup and --invitation exclude each other.")
    }
    if withToken || options.connection.tokenFile != nil {
      guard !setup, !invitation, email == nil, passwordFile == nil, organization == nil else {
        throw ValidationError("An API key goes without e-mail, password and organization.")
      }
    }
  }

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let file = try ContextFile.read()
      let wanted = options.connection.context
      let stored = (wanted ?? (url == nil ? file.current : nil)).flatMap { file[$0] }
      let address = try Connection.checked(try address(stored))
      let name = wanted ?? Self.name(for: address, in: file)
      guard CollectorContext.isName(name) else {
        throw CLIError(.usage, "--context takes letters, digits, . _ and -")
      }
      // What the context had of another collector says nothing of this one.
      let former = file[name].flatMap { $0.origin == address.origin ? $0 : nil }
      var connection = Connection(
        server: address,
        caFile: options.connection.caFile ?? Environment.value("UPBLIT_CA_FILE") ?? former?.caFile)
      if withToken || options.connection.tokenFile != nil {
        try await storeKey(&connection, name)
      } else {
        try await signIn(&connection, name, former)
      }
      if options.output.isForPeople { Console.note(Self.advice) }
    }
  }

  // MARK: With a key

  private func storeKey(_ connection: inout Connection, _ name: String) async throws(CLIError) {
    let key = try key(for: connection.server)
    connection.credential = .apiKey(key)
    let session = try Session(options.connection.configuration(connection))
    let me = try await session.ask { (client) async throws(APIError) in try await client.me() }
    try store(.key(key), connection, name, organization: (me.organizationName, nil))
    let words = me.keyName.map { " with key \(DisplayText.escaped($0))" } ?? ""
    try Printer(options).report(me.json) {
      "Logged in to \(session.url) as organization \(DisplayText.escaped(me.organizationName))"
        + "\(words).\nThe context \(name) is in use.\n"
    }
  }

  private func key(for address: ServerAddress) throws(CLIError) -> APIKey {
    let text: String
    if let path = options.connection.tokenFile {
      text = try FileText.read(path, limit: 65536)
    } else if Console.canAsk, !options.noInput {
      Console.note(
        "`upblit-collector create-admin` prints the first key; `upblit key create` makes more.")
      text = Console.askSecret("API key for \(address): ")
    } else {
      text = try FileText.read("-", limit: 65536)
    }
    return try Connection.key(text)
  }

  // MARK: As a person

  private func signIn(
    _ connection: inout Connection, _ name: String, _ former: CollectorContext?
  ) async throws(CLIError) {
    let session = try Session(options.connection.configuration(connection))
    let signIn =
      setup || invitation
      ? try await makeAccount(connection.server, session)
      : try await proveIdentity(connection.server, session)
    let chosen = try chosen(signIn.person, former)
    try store(
      .session(signIn.tokens, person: signIn.person.email), connection, name,
      organization: (chosen?.name, chosen?.id))
    try Printer(options).report(signIn.person.json) {
      Self.text(signIn.person, chosen, session.url, name)
    }
  }

  private func proveIdentity(
    _ address: ServerAddress, _ session: Session
  ) async throws(CLIError) -> SignIn {
    let email = try email(for: address)
    let password = try Passwords(options: options).read(
      from: passwordFile, "Password of \(DisplayText.escaped(email)): ")
    return try await SecondFactorCode(options: options).asked { (code) async throws(APIError) in
      try await session.client.signIn(email: email, password: password, code: code)
    }
  }

  /// Makes the account that the secret of the log, or of an invitation, stands for.
  private func makeAccount(
    _ address: ServerAddress, _ session: Session
  ) async throws(CLIError) -> SignIn {
    guard Console.canAsk, !options.noInput else {
      throw CLIError(
        .usage, "there is nobody to ask: make the account from a terminal, or over the API")
    }
    let secret = Console.askSecret(
      setup ? "Setup secret of \(address): " : "Secret of the invitation: ")
    let email = try email(for: address)
    let name = Console.ask("Your name: ")
    let password = try Passwords(options: options).readNew(
      from: passwordFile, "New password of \(DisplayText.escaped(email)): ")
    do throws(APIError) {
      guard setup else {
        return try await session.client.redeem(
          invitation: secret, email: email, name: name, password: password)
      }
      return try await session.client.setUp(
        secret: secret, email: email, name: name, password: password,
        organization: organization ?? "main")
    } catch {
      throw CLIError(error)
    }
  }

  private func email(for address: ServerAddress) throws(CLIError) -> String {
    if let email { return email }
    guard Console.canAsk, !options.noInput else {
      throw CLIError(
        .usage,
        "there is nobody to ask: hand an API key over with --with-token on standard input or "
          + "with --token-file FILE, or give --email and --password-file")
    }
    let answer = Console.ask("E-mail address of your account at \(address): ")
    if answer.isEmpty { throw CLIError(.usage, "nothing was typed: nobody was signed in") }
    return answer
  }

  /// The organization in which the person will act; `nil` where it is open.
  private func chosen(
    _ person: Person, _ former: CollectorContext?
  ) throws(CLIError) -> Person.Membership? {
    let all = person.organizations
    if let organization { return try OrganizationUse.find(organization, among: all) }
    if all.count < 2 { return all.first }
    if let known = all.first(where: { $0.id == former?.organizationID }) { return known }
    guard Console.canAsk, !options.noInput else { return nil }
    let names = all.map { DisplayText.escaped($0.name) }.joined(separator: ", ")
    let answer = Console.ask("You belong to \(names). In which will you act? ")
    return answer.isEmpty ? nil : try OrganizationUse.find(answer, among: all)
  }

  private static func text(
    _ person: Person, _ organization: Person.Membership?, _ url: String, _ name: String
  ) -> String {
    let place =
      organization.map {
        ", in organization \(DisplayText.escaped($0.name)) as \(DisplayText.escaped($0.role))"
      } ?? ""
    let open =
      person.organizations.isEmpty
      ? "You belong to no organization yet: somebody who does invites you.\n"
      : "Choose where to act: upblit organization use NAME\n"
    return "Signed in to \(url) as \(DisplayText.escaped(person.email))\(place).\n"
      + "The context \(name) is in use.\n" + (organization == nil ? open : "")
  }

  // MARK: What is stored

  private func store(
    _ proof: StoredLogin.Proof, _ connection: Connection, _ name: String,
    organization: (name: String?, id: String?)
  ) throws(CLIError) {
    // A crash in between leaves a login that is bound to this collector, and sent to no other.
    try CredentialFile.change {
      $0.put(StoredLogin(context: name, server: connection.server, proof: proof))
    }
    try ContextFile.change { file in
      file.put(
        CollectorContext(
          name: name, server: connection.server.origin, caFile: connection.caFile,
          organization: organization.name, organizationID: organization.id))
      file.current = name
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

  /// The context that has this address already, or else its host's name.
  private static func name(for address: ServerAddress, in file: ContextFile) -> String {
    if let known = file.contexts.first(where: { $0.origin == address.origin }) { return known.name }
    let start = address.origin.utf8.firstRange(of: "://".utf8)?.upperBound
    let text = String(address.origin[(start ?? address.origin.startIndex)...])
    let bytes = text.utf8.map { byte in
      CollectorContext.isName(String(decoding: [UInt8(ascii: "a"), byte], as: UTF8.self))
        ? byte : UInt8(ascii: "-")
    }
    let trimmed = String(decoding: bytes.drop { $0 == UInt8(ascii: "-") }.prefix(64), as: UTF8.self)
    return trimmed.isEmpty ? "default" : trimmed
  }

  static let advice = """

    Next:
      upblit monitor create shop https://shop.example.org/
      upblit status --watch
    """
}
