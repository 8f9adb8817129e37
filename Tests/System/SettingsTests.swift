import Glibc
import Settings
import Testing

/// A table with one key of each kind.
private enum Sample {
  static let state = Key<String>.path("state_folder", "Where it is kept.", default: "/var/lib/x")
  static let interval = Key<Duration>.duration(
    "interval", "How often.", in: .seconds(5)...(.seconds(86400)), default: .seconds(60))
  static let size = Key<Int>.bytes(
    "spool_size", "How much.", in: (1 << 20)...(1 << 40), default: 256 << 20)
  static let port = Key<Int>.integer("port", "Which port.", in: 1...65535, default: 80)
  static let loopback = Key<Bool>.flag("allow_loopback", "Whether.")
  static let password = Key<String>.text(
    "password", "A secret.", length: 8...1024, default: ""
  ).secret()
  static let collectors = Key<[String]>.list(
    "collectors", "Who hears.", items: "addresses", count: 1...3, default: []
  ) { $0.hasPrefix("tls://") }
  static let level = Key<String>.choice(
    "log_level", "How much.", of: ["debug", "info", "warning", "error"], default: "info")
  static let output = Key<String>.choice(
    "output", "The form.", of: ["text", "json"], default: "text"
  ).flagOnly(short: "o")

  static let table = SettingsTable([
    state.description, interval.description, size.description, port.description,
    loopback.description, password.description, collectors.description, level.description,
    output.description,
  ])

  static func resolve(
    _ text: String? = nil, environment: [String: String] = [:], arguments: [String] = []
  ) throws(SettingsError) -> SettingsValues {
    try table.resolve(
      file: text.map { .init(name: "FILE", text: $0) }, environment: environment,
      arguments: Arguments(arguments, for: table))
  }
}

@Suite struct SettingsTests {
  static let badFolder = String(#filePath.dropLast("SettingsTests.swift".count)) + "BadSettings"

  static func badFiles() -> [String] {
    guard let folder = opendir(badFolder) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".conf") { names.append(name) }
    }
    return names.sorted()
  }

  @Test(arguments: badFiles())
  func `a bad file produces exactly the messages that it states`(name: String) throws {
    let file = try #require(
      try SettingsSource.file(at: "\(Self.badFolder)/\(name)", isOptional: false))
    let expected = file.text.split(separator: "\n").filter { $0.hasPrefix("# expect: ") }
      .map { String($0.dropFirst("# expect: ".count)) }
    #expect(!expected.isEmpty)
    let error = #expect(throws: SettingsError.self) { try Sample.resolve(file.text) }
    #expect(error?.problems.map(\.description) == expected)
  }

  @Test func `there are bad files to test`() {
    #expect(Self.badFiles().count >= 15)
  }

  @Test func `a flag wins over the environment, the environment over the file`() throws {
    let file = "interval = 10s\nport = 81\nstate_folder = /file"
    let environment = ["UPBLIT_PORT": "82", "UPBLIT_STATE_FOLDER": "/environment", "HOME": "/x"]
    let values = try Sample.resolve(
      file, environment: environment, arguments: ["--state-folder", "/flag"])
    #expect(values[Sample.interval] == .seconds(10))
    #expect(values[Sample.port] == 82)
    #expect(values[Sample.state] == "/flag")
    #expect(values[Sample.size] == 256 << 20)
    #expect(values.source(of: Sample.interval) == "FILE:1")
    #expect(values.source(of: Sample.port) == "environment")
    #expect(values.source(of: Sample.state) == "command line")
    #expect(values.source(of: Sample.size) == nil)
  }

  @Test func `a file with the environment's names is read as well`() throws {
    let values = try Sample.resolve(
      "# one\n; two\nUPBLIT_PORT=\"443\"\nUPBLIT_COLLECTORS='tls://a:1, tls://b:2'\n")
    #expect(values[Sample.port] == 443)
    #expect(values[Sample.collectors] == ["tls://a:1", "tls://b:2"])
  }

  @Test func `double quotes know two escapes`() throws {
    let values = try Sample.resolve(#"password = "a\"b\\c def\n""#)
    #expect(values[Sample.password] == #"a"b\c def\n"#)
  }

  @Test(arguments: [
    (["--port"], "command line: --port needs a value: a whole number from 1 to 65535"),
    (["--prot", "1"], "command line: --prot is unknown; did you mean --port?"),
    (["--port=1", "--port", "2"], "command line: --port is given twice"),
    (["--port=x"], "command line: --port = \"x\": expected a whole number from 1 to 65535"),
    (
      ["--password", "hunter22"],
      "command line: --password can't be a flag, since every user can read arguments: "
        + "set password in the settings file or as UPBLIT_PASSWORD"
    ),
  ])
  func `a bad command line says what is wrong`(arguments: [String], message: String) {
    let error = #expect(throws: SettingsError.self) { try Sample.resolve(arguments: arguments) }
    #expect(error?.problems.map(\.description).first == message)
  }

  @Test func `flags take both forms and switches stand alone`() throws {
    let arguments = Arguments(
      ["run", "--allow-loopback", "-o", "json", "--port=9", "-", "--", "--help"],
      for: Sample.table)
    #expect(arguments.words == ["run", "-", "--help"])
    #expect(!arguments.wantsHelp)
    let values = try Sample.table.resolve(file: nil, environment: [:], arguments: arguments)
    #expect(values[Sample.loopback])
    #expect(values[Sample.output] == "json")
    #expect(values[Sample.port] == 9)
  }

  @Test func `a likely slip in the environment is told, another program's variable is not`() {
    let error = #expect(throws: SettingsError.self) {
      try Sample.resolve(environment: ["UPBLIT_INTERVALL": "5s", "UPBLIT_CONSOLE_COLOUR": "blue"])
    }
    #expect(
      error?.description
        == "environment: UPBLIT_INTERVALL is unknown; did you mean UPBLIT_INTERVAL?")
  }

  @Test func `a key that must be given says how`() {
    let key = Key<String>.path("folder", "Where.", default: "").required()
    let table = SettingsTable([key.description])
    let error = #expect(throws: SettingsError.self) {
      try table.resolve(file: nil, environment: [:], arguments: Arguments([], for: table))
    }
    #expect(
      error?.description
        == "folder is missing: set it in the settings file, as UPBLIT_FOLDER or with --folder; "
        + "expected an absolute path")
  }

  @Test func `the example file is read without a complaint and changes nothing`() throws {
    let example = Sample.table.exampleFile(title: "An example.")
    let bare = try Sample.resolve(example)
    #expect(bare[Sample.interval] == .seconds(60))
    let commented = example.split(separator: "\n").map { line in
      line.hasPrefix("#") && line.contains(" = ") && !line.hasPrefix("# ")
        ? String(line.dropFirst()) : String(line)
    }.filter { !$0.hasPrefix("password") && !$0.hasPrefix("collectors") }
    let full = try Sample.resolve(commented.joined(separator: "\n"))
    #expect(full[Sample.size] == 256 << 20)
    #expect(full.source(of: Sample.size) != nil)
  }

  @Test func `help names every flag but no secret`() {
    let help = Sample.table.help()
    #expect(help.contains("--spool-size VALUE"))
    #expect(help.contains("-o, --output VALUE"))
    #expect(help.contains("256MiB."))
    #expect(!help.contains("password"))
  }

  @Test(arguments: [
    ("0s", Duration.zero), ("250ms", .milliseconds(250)), ("90s", .seconds(90)),
    ("15m", .seconds(900)), ("24 h", .seconds(86400)), ("7d", .seconds(604_800)),
  ])
  func `times read as written`(text: String, duration: Duration) {
    #expect(Units.duration(of: text) == duration)
    #expect(Units.duration(of: Units.text(duration)) == duration)
  }

  @Test(arguments: ["", "s", "5", "-5s", "5 parsecs", "1.5s", "٣s", "99999999999999999999s"])
  func `what is no time is refused`(text: String) {
    #expect(Units.duration(of: text) == nil)
  }

  @Test func `a file that is missing is told unless it is optional`() throws {
    #expect(try SettingsSource.file(at: "/nonexistent/upblit.conf", isOptional: true) == nil)
    let error = #expect(throws: SettingsError.self) {
      try SettingsSource.file(at: "/nonexistent/upblit.conf", isOptional: false)
    }
    #expect(error?.description.contains("No such file or directory") == true)
  }
}
