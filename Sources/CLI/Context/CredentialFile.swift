import JSON
import UpblitClient

/// The logins of the contexts, as JSON in a file that only its owner can read:
///
///     {"logins": [
///       {"context": "ci", "server": "https://upblit.example.org", "api_key": "upb_key_..."},
///       {"context": "work", "server": "https://upblit.example.org", "person": "ann@example.org",
///        "access_token": "...", "access_ends_ms": 1796045392250, "refresh_token": "..."}]}
struct CredentialFile {
  private var logins: [StoredLogin] = []

  static func read() throws(CLIError) -> CredentialFile {
    let file = try place()
    guard let text = try file.read() else { return CredentialFile() }
    do { return try CredentialFile(parsing: text) } catch {
      throw CLIError(
        .failure, "\(file.path): \(error.message); remove the file, and log in again")
    }
  }

  /// Reads it, lets `work` change it and writes it, with no other process in between.
  @discardableResult
  static func change<Value>(
    _ work: (inout CredentialFile) throws(CLIError) -> Value
  ) throws(CLIError) -> Value {
    let place = try place()
    return try place.alone { () throws(CLIError) in
      var file = try read()
      let value = try work(&file)
      try place.write(file.text)
      return value
    }
  }

  static func place() throws(CLIError) -> PrivateFile {
    PrivateFile(try Places.credentials(), isSecret: true)
  }

  init() {}

  init(parsing text: String) throws(CLIError) {
    let json = try? JSONValue(parsing: text)
    guard case .array(let elements)? = json?["logins"] else {
      throw CLIError(.badData, "it is not what `upblit login` writes")
    }
    for element in elements {
      // What no form fits is named by its place alone: it may hold a secret.
      guard let login = StoredLogin(element) else {
        throw CLIError(.badData, "login \(logins.count + 1) is not what `upblit login` writes")
      }
      logins.append(login)
    }
  }

  /// With the secrets.
  var text: String {
    let json: JSONValue = ["logins": .array(logins.map(\.json))]
    return json.indentedText + "\n"
  }

  /// What is stored for the context `name`, for whichever collector.
  func login(of name: String) -> StoredLogin? { logins.first { $0.context == name } }

  /// What is stored for the context and its collector; `nil` where there is nothing.
  ///
  /// - Throws: where it is another collector's.
  func credential(
    of context: CollectorContext, at server: ServerAddress
  ) throws(CLIError) -> Credential? {
    guard let login = login(of: context.name) else { return nil }
    guard login.server == server.origin else {
      throw CLIError(
        .notAllowed,
        "the login of the context \(context.name) is for \(DisplayText.escaped(login.server)), "
          + "and the context names \(server): it is not sent there; run "
          + "`upblit login --context \(context.name)`")
    }
    switch login.proof {
    case .key(let key): return .apiKey(key)
    case .session(let tokens, _):
      let store = StoredSession(context: context.name, server: server)
      return .session(SessionCredential(tokens, store: store))
    }
  }

  /// Takes it over, in place of what its context had.
  mutating func put(_ login: StoredLogin) {
    forget(login.context)
    logins.append(login)
  }

  /// Forgets what a context has; whether there was anything.
  @discardableResult
  mutating func forget(_ context: String) -> Bool {
    let count = logins.count
    logins.removeAll { $0.context == context }
    return logins.count < count
  }
}
