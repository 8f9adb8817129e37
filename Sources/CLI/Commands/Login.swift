import ArgumentParser
import JSON

/// `upblit login`.
struct Login: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Store a collector's address and an API key.",
    discussion: """
      The key comes from a file or from standard input, never from the command line,
      where others could see it. It is tried before it is stored, in a file that
      only you can read.

        upblit login --url https://upblit.example.org --key-file key.txt
        pass show upblit | upblit login --url https://upblit.example.org --key-file -
      """)

  @Option(help: "The collector's address.")
  var url: String

  @Option(
    help: ArgumentHelp("A file with the API key, or - for standard input.", valueName: "file"))
  var keyFile: String

  @Option(
    help: ArgumentHelp(
      "PEM file of a CA that signed the collector's certificate.", valueName: "file"))
  var caFile: String?

  func run() throws {
    try reporting { () throws(CLIError) in
      let address = try CollectorAddress.checked(url)
      let key = try GlobalOptions.checked(
        FileText.trimmed(try FileText.read(keyFile, limit: 65536)))
      var client = APIClient(url: address, apiKey: key)
      client.caFile = caFile
      let me = try client.get("/api/v1/me")
      try LoginFile(url: address, apiKey: key, caFile: caFile).write()
      let organization = DisplayText.escaped(me["organization"]?["name"]?.stringValue ?? "?")
      let name = DisplayText.escaped(me["key"]?["name"]?.stringValue ?? "?")
      Console.out(
        "Logged in to \(address) as organization \(organization) with key \(name).\n"
          + "Next: upblit monitor add NAME URL\n")
    }
  }
}

/// `upblit whoami`.
struct Whoami: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show whose key is in use and what it may do.",
    discussion: """
        upblit whoami
        upblit whoami -o json
      """)

  @OptionGroup var options: GlobalOptions

  func run() throws {
    try reporting { () throws(CLIError) in
      let client = try options.client()
      let me = try client.get("/api/v1/me")
      if options.output == .json { return Console.out(me.indentedText + "\n") }
      var rows = Details()
      rows.add("collector", client.url)
      rows.add("organization", me["organization"]?["name"]?.stringValue)
      rows.add("key", me["key"]?["name"]?.stringValue)
      rows.add("scopes", me["scopes"]?.elements.compactMap(\.stringValue).joined(separator: ", "))
      Console.out(rows.text)
    }
  }
}
