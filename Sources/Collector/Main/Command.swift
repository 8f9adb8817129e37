import Settings
import Store

/// The commands of the program.
enum Command: String, CaseIterable {
  case serve
  case migrate
  case checkConfig = "check-config"
  case createAdmin = "create-admin"
  case createKey = "create-key"
  case resetPassword = "reset-password"

  var summary: String {
    switch self {
    case .serve: "hear the agents, decide, serve the API"
    case .migrate: "bring the database's schema up to date"
    case .checkConfig: "check the settings, the key file and the database, and say what is wrong"
    case .createAdmin: "make an API key with every scope, or with --email an operator"
    case .resetPassword: "give the person of --email another password"
    case .createKey: "make the key file of a new installation"
    }
  }

  /// Does what the command line asks; gives the exit code.
  static func run(_ words: [String]) async -> Int32 {
    let arguments = Arguments(words, for: CollectorSettings.table)
    if arguments.wantsVersion {
      StandardOutput.write("upblit-collector \(Version.text)\n")
      return ExitCode.success.rawValue
    }
    if arguments.wantsHelp || arguments.words == ["help"] {
      StandardOutput.write(help)
      return ExitCode.success.rawValue
    }
    guard arguments.problems.isEmpty else {
      for problem in arguments.problems { StandardOutput.complain("upblit-collector: \(problem)") }
      return ExitCode.usage.rawValue
    }
    guard let word = arguments.words.first, let command = Command(rawValue: word) else {
      let said =
        arguments.words.first.map { "there is no command \"\($0)\"" }
        ?? "no command is given"
      StandardOutput.complain(
        "upblit-collector: \(said): give one of "
          + allCases.map(\.rawValue).joined(separator: ", ") + ", or --help")
      return ExitCode.usage.rawValue
    }
    if arguments.words.count > 1 {
      StandardOutput.complain(
        "upblit-collector: \"\(arguments.words[1])\" is one word too many behind \(word)")
      return ExitCode.usage.rawValue
    }
    do {
      try await command.run(arguments)
      return ExitCode.success.rawValue
    } catch {
      let failure = CommandFailure(error)
      for line in failure.message.split(separator: "\n") {
        StandardOutput.complain("upblit-collector: \(line)")
      }
      return failure.code.rawValue
    }
  }

  private func run(_ arguments: Arguments) async throws {
    let settings = try settings(arguments)
    if self == .createKey {
      let path = settings[CollectorSettings.keyFile]
      _ = try KeyFile.create(path)
      StandardOutput.write(
        "made \(path): keep a copy in a safe place, without it the database's secrets are lost\n")
      return
    }
    let surroundings = try Surroundings(settings)
    try surroundings.checkTogether()
    switch self {
    case .serve: try await Serve(surroundings).run()
    case .migrate: try Self.migrate(surroundings)
    case .checkConfig: try Self.checkConfig(surroundings)
    case .createAdmin:
      if let email = settings[CollectorSettings.email] {
        try PeopleCommands.createAdmin(surroundings, email: email)
      } else {
        try Self.createAdmin(surroundings)
      }
    case .resetPassword: try PeopleCommands.resetPassword(surroundings)
    case .createKey: break
    }
  }

  private func settings(_ arguments: Arguments) throws -> SettingsValues {
    let given = arguments.flags[CollectorSettings.config.description.name]
    let file = try SettingsSource.file(
      at: given ?? CollectorSettings.standardFile, isOptional: given == nil)
    let table =
      self == .createKey ? CollectorSettings.tableWithoutDatabase : CollectorSettings.table
    return try table.resolve(
      file: file, environment: SettingsSource.environment(), arguments: arguments)
  }

  private static func migrate(_ surroundings: Surroundings) throws {
    let connection = try surroundings.connect()
    let ran = try Migrator.migrate(connection)
    _ = try Installation.open(connection, key: surroundings.key)
    for step in ran { StandardOutput.write("ran migration \(step.number): \(step.name)\n") }
    if ran.isEmpty { StandardOutput.write("the database is up to date\n") }
  }

  private static func checkConfig(_ surroundings: Surroundings) throws {
    let connection = try surroundings.connect()
    let found = try Migrator.version(connection)
    if found == 0 {
      StandardOutput.write("the settings are right; the database is empty: `serve` prepares it\n")
      return
    }
    try Migrator.check(connection)
    _ = try Installation.open(connection, key: surroundings.key)
    StandardOutput.write("the settings are right; the database is up to date\n")
  }

  private static func createAdmin(_ surroundings: Surroundings) throws {
    let connection = try surroundings.connect()
    try Migrator.check(connection)
    let settings = surroundings.settings
    let organization = settings[CollectorSettings.organization]
    let name = settings[CollectorSettings.name]
    let secret = try Administrator.create(
      name: name, organization: organization, on: connection)
    StandardOutput.complain(
      "API key \"\(name)\" of organization \"\(organization)\", shown this once:")
    StandardOutput.write("\(secret.text)\n")
  }

  private static var help: String {
    let commands = allCases.map { command in
      "  \(command.rawValue)\(String(repeating: " ", count: 16 - command.rawValue.count))"
        + command.summary
    }.joined(separator: "\n")
    return """
      upblit-collector \(Version.text): hears Upblit's agents, decides what is up, and serves the API.

      Usage: upblit-collector COMMAND [--config FILE] [--KEY VALUE ...]

      Commands:
      \(commands)

      Examples:
        upblit-collector create-key --key-file /etc/upblit/master.key
        upblit-collector migrate --config /etc/upblit/collector.conf
        upblit-collector create-admin --email alice@example.org
        upblit-collector create-admin --name automation --organization main
        upblit-collector serve --http-listen 127.0.0.1:8080 --ingress-listen 0.0.0.0:7443

      Settings, each also a key of the file or a variable UPBLIT_KEY; `database` is a secret and
      therefore no flag:

      \(CollectorSettings.table.help())

      Exit codes: 0 done, 64 wrong command line, 69 Postgres is out of reach, 70 a fault of this
      program, 71 a port can't be had, 78 settings, key file or schema must be changed.

      """
  }
}

/// The release of this program.
enum Version {
  static let text = "0.1.0"
}
