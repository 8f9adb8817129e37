import Glibc
import Testing

@testable import upblit

/// What a terminal is shown, and how it is left.
struct TerminalTests {
  private func ask(_ home: TemporaryHome) throws -> RunningProgram {
    try RunningProgram(
      ["login", "--with-token", "http://127.0.0.1:1"],
      environment: ["HOME": home.path, "TERM": "dumb"],
      on: .terminal)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func `a terminal shows what is typed again after`(signal: Int32) async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let login = try ask(home)
    try await login.until { $0.contains("API key for") }
    #expect(!login.isEchoing)
    if signal == SIGINT { login.send("\u{3}") } else { login.signal(signal) }
    #expect(await login.outcome().status == -signal)
    #expect(login.isEchoing)
  }

  @Test func `a key that is typed is not shown, and the terminal shows again afterwards`()
    async throws
  {
    let home = try TemporaryHome()
    defer { home.remove() }
    let login = try ask(home)
    try await login.until { $0.contains("API key for") }
    login.send("upb_key_typed\n")
    let outcome = await login.outcome()
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("cannot reach"), "\(outcome.output)")
    #expect(!outcome.output.contains("upb_key_typed"))
    #expect(login.isEchoing)
  }

  @Test func `a terminal shows what is typed while the question is stopped`() async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let upblit = try CommandLineProgram.find("upblit")
    let shell = try RunningProgram(
      [
        "-c",
        """
        set -m
        \(upblit) login --with-token http://127.0.0.1:1
        echo stopped; read line; fg; echo over $?
        """,
      ], environment: ["HOME": home.path, "PATH": "/usr/bin:/bin"], program: "/bin/bash",
      on: .terminal)
    try await shell.until { $0.contains("API key for") }
    #expect(!shell.isEchoing)
    shell.send("\u{1a}")
    try await shell.until { $0.contains("stopped") }
    #expect(shell.isEchoing)
    shell.send("\n")
    // The job is told of once it goes on, and hides what is typed by then or soon.
    try await shell.until { $0.split(separator: "stopped").last?.contains("upblit login") == true }
    while shell.isEchoing { await Task.yield() }
    shell.send("upb_key_typed\n")
    let outcome = await shell.outcome()
    #expect(outcome.output.contains("over 1"), "\(outcome.output)")
    #expect(!outcome.output.contains("upb_key_typed"), "\(outcome.output)")
  }

  @Test func `JSON and YAML on a terminal mean what they say and move nothing`() async throws {
    try await TestAPI.with { api in
      let key = try api.key()
      let name = "a\u{9b}2J\u{202e}b\u{e0041}"
      _ = try await api.makeMonitor(key: key, name: name)
      let environment = [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": key,
        "HOME": "/nonexistent",
        "TERM": "dumb",
      ]
      let json = #""name": "a\u009b2J\u202eb\udb40\udc41""#
      let yaml = #"name: "a\u009b2J\u202eb\U000e0041""#
      for (arguments, words) in [
        (["monitor", "list", "-o", "json"], json), (["monitor", "list", "-o", "yaml"], yaml),
        (["api", "GET", "monitors"], json),
      ] {
        let shown = try RunningProgram(arguments, environment: environment, on: .terminal)
        let text = await shown.outcome().output
        #expect(text.contains(words), "\(text)")
        let piped = try await CommandLineProgram.run(arguments, environment: environment)
        #expect(piped.output.contains(name))
      }
    }
  }

  @Test(
    arguments: [
      ("{\n  \"a\": \"é\"\n}\n", false, "{\n  \"a\": \"é\"\n}\n"),
      ("\"\u{7f}\u{85}\u{ad}\u{feff}\"", false, #""\u007f\u0085\u00ad\ufeff""#),
      ("\"\u{e007f}\"", false, #""\udb40\udc7f""#), ("\"\u{e007f}\"", true, #""\U000e007f""#),
    ])
  func `data is escaped as its form writes it`(text: String, isYAML: Bool, shown: String) {
    #expect(DisplayText.escaped(data: text, isYAML: isYAML) == shown)
  }
}
