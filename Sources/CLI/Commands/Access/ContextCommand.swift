import ArgumentParser
import JSON
import UpblitClient

/// `upblit context`.
struct ContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "List, choose, add and remove stored collectors.",
    discussion: """
      A context is a collector under a name of your own. `upblit login` makes one; the
      one in use is asked unless --context or UPBLIT_CONTEXT names another.

        upblit context list
        upblit context use work
      """,
    subcommands: [
      ContextList.self, ContextUse.self, ContextAdd.self, ContextRemove.self, ContextShow.self,
    ])

  static let listing = Listing<StoredContext>(
    name: { $0.json["name"]?.stringValue ?? "" },
    columns: [
      .init(title: "CURRENT") { context in
        let isCurrent = context.json["current"]?.boolValue == true
        return Cell(isCurrent ? "*" : "", plain: isCurrent ? "true" : "false", state: "up")
      },
      .init(title: "NAME") { Cell($0.json["name"]?.stringValue) },
      .init(title: "SERVER") { Cell($0.json["server"]?.stringValue) },
      .init(title: "ORGANIZATION") { Cell($0.json["organization"]?.stringValue) },
      .init(title: "LOGIN") { Cell($0.json["login"]?.stringValue) },
      .init(title: "CA FILE", isOptional: true) { context in
        let file = context.json["ca_file"]?.stringValue ?? ""
        return Cell(file, plain: file)
      },
    ])
}

/// A context with what a list says of it; no secret.
struct StoredContext: APIResource {
  let json: JSONValue
  init(_ json: JSONValue) { self.json = json }

  init(_ context: CollectorContext, in file: ContextFile, _ credentials: CredentialFile) {
    let login = credentials.login(of: context.name).map {
      $0.server == context.origin ? $0.words : "of \($0.server) alone"
    }
    json = [
      "name": .string(context.name), "current": .bool(context.name == file.current),
      "server": .string(context.server), "organization": .optional(context.organization),
      "login": .optional(login),
      "ca_file": .optional(context.caFile),
    ]
  }
}

/// `upblit context list`.
struct ContextList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the stored collectors.",
    discussion: """
        upblit context list
        upblit context list -o name
      """)

  @OptionGroup var printing: OutputOptions

  func run() async throws {
    try await reporting(printing) { () async throws(CLIError) in
      let file = try ContextFile.read()
      let credentials = try CredentialFile.read()
      try Printer(printing).list(
        file.contexts.map { StoredContext($0, in: file, credentials) },
        as: ContextCommand.listing,
        empty: "There are no contexts yet. Make one: upblit login https://upblit.example.org")
    }
  }
}

/// `upblit context use`.
struct ContextUse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "use", abstract: "Ask this collector from now on.",
    discussion: """
        upblit context use work
      """)

  @Argument(help: "Its name.")
  var name: String

  @OptionGroup var printing: OutputOptions

  func run() async throws {
    try await reporting(printing) { () async throws(CLIError) in
      let context = try ContextFile.change { (file) throws(CLIError) in
        let context = try file.required(name)
        file.current = context.name
        return context
      }
      Console.note("Using \(context.name) (\(DisplayText.escaped(context.server))).")
    }
  }
}

/// `upblit context add`.
struct ContextAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Store a collector without logging in.",
    discussion: """
        upblit context add work https://upblit.example.org
        upblit context add lab https://upblit.lab.example --ca-file /etc/ssl/lab.pem
      """)

  @Argument(help: "A name of your own.")
  var name: String

  @Argument(help: "The collector's address.")
  var url: String

  @Option(
    help: ArgumentHelp("The authorities that sign the collector's certificate.", valueName: "file"))
  var caFile: String?

  @OptionGroup var printing: OutputOptions

  func run() async throws {
    try await reporting(printing) { () async throws(CLIError) in
      guard CollectorContext.isName(name) else {
        throw CLIError(.usage, "a context's name has letters, digits, . _ and - alone")
      }
      let address = try Connection.checked(url)
      try ContextFile.change { (file) throws(CLIError) in
        guard file[name] == nil else {
          throw CLIError(
            .conflict, "there is a context \(name) already: remove it first, or take another name")
        }
        file.put(CollectorContext(name: name, server: address.origin, caFile: caFile))
        if file.current == nil { file.current = name }
      }
      Console.note("Added \(name). Log in to it: upblit login --context \(name)")
    }
  }
}

/// `upblit context remove`.
struct ContextRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Forget a collector and the login for it.",
    discussion: """
        upblit context remove work
      """)

  @Argument(help: "Its name.")
  var name: String

  @OptionGroup var printing: OutputOptions

  func run() async throws {
    try await reporting(printing) { () async throws(CLIError) in
      let context = try ContextFile.read().required(name)
      try CredentialFile.change { $0.forget(context.name) }
      let file = try ContextFile.change { file in
        file.contexts.removeAll { $0.name == context.name }
        if file.current == context.name { file.current = nil }
        return file
      }
      let next =
        file.current == nil && !file.contexts.isEmpty
        ? " Choose another: upblit context use NAME" : ""
      Console.note("Removed \(context.name).\(next)")
    }
  }
}

/// `upblit context show`.
struct ContextShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one stored collector: the one in use, unless named.",
    discussion: """
        upblit context show
        upblit context show work
      """)

  @Argument(help: "Its name.")
  var name: String?

  @OptionGroup var printing: OutputOptions

  func run() async throws {
    try await reporting(printing) { () async throws(CLIError) in
      let file = try ContextFile.read()
      let context = StoredContext(try file.chosen(name), in: file, try CredentialFile.read())
      let files = [
        ("contexts", try Places.config()), ("keys", try Places.credentials()),
      ]
      try Printer(printing).item(context, as: ContextCommand.listing) { context in
        var rows = Details()
        for name in ["name", "server", "organization", "login", "ca_file"] {
          rows.add(name.replacing("_", with: " "), context.json[name]?.stringValue)
        }
        rows.add("in use", context.json["current"]?.boolValue == true ? "yes" : "no")
        for (name, path) in files { rows.add(name, path) }
        return rows.text
      }
    }
  }
}
