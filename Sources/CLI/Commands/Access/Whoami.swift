import ArgumentParser
import UpblitClient

/// `upblit whoami`.
struct Whoami: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami", abstract: "Show who is signed in, or whose key is in use.",
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
        rows.add("person", me.email)
        rows.add("organization", me.organizationName.isEmpty ? nil : me.organizationName)
        rows.add("role", me.role)
        rows.add("key", me.keyName)
        rows.add("scopes", me.scopes.joined(separator: ", "))
        return rows.text
      }
    }
  }
}
