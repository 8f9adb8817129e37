import ArgumentParser

/// What every command takes.
struct GlobalOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Option(name: .shortAndLong, help: "table or json.")
  var output: Format = .table

  @Option(help: "The collector's address, in place of the stored one.")
  var url: String?

  @Option(
    help: ArgumentHelp(
      "A file with the API key, or -, in place of the stored one.", valueName: "file"))
  var keyFile: String?

  @Option(help: "Seconds to wait for an answer.")
  var timeout: Int = 30

  func validate() throws {
    guard 1...600 ~= timeout else { throw ValidationError("--timeout must be from 1 to 600.") }
  }

  /// A client as flags, environment and stored login say, in this order.
  func client() throws(CLIError) -> APIClient {
    let file = try LoginFile.read()
    let howTo = "run `upblit login --url URL --key-file FILE`, or set UPBLIT_URL and UPBLIT_API_KEY"
    guard let address = url ?? Environment.value("UPBLIT_URL") ?? file.url else {
      throw CLIError(.notAllowed, "not logged in: \(howTo)")
    }
    var key = Environment.value("UPBLIT_API_KEY") ?? file.apiKey
    if let keyFile { key = FileText.trimmed(try FileText.read(keyFile, limit: 65536)) }
    guard let key else { throw CLIError(.notAllowed, "there is no API key: \(howTo)") }
    var client = APIClient(
      url: try CollectorAddress.checked(address), apiKey: try Self.checked(key))
    client.caFile = Environment.value("UPBLIT_CA_FILE") ?? file.caFile
    client.timeoutSeconds = timeout
    return client
  }

  /// A key that can stand in a header.
  static func checked(_ key: String) throws(CLIError) -> String {
    guard key.hasPrefix("upb_key_"), key.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw CLIError(
        .notAllowed, "what was given is not an API key: a key begins with upb_key_")
    }
    return key
  }
}

/// The address of a collector.
enum CollectorAddress {
  /// Scheme, host and port; plain http goes to this machine alone, since it would show the key.
  static func checked(_ text: String) throws(CLIError) -> String {
    guard let url = CurlURLText(text) else {
      throw CLIError(
        .usage, "\(DisplayText.escaped(text)) is not an address such as https://upblit.example.org")
    }
    if url.scheme == "http", !["127.0.0.1", "::1", "localhost"].contains(url.host) {
      throw CLIError(
        .usage, "plain http would show your API key to the network: use https://\(url.host)")
    }
    return url.origin
  }
}
