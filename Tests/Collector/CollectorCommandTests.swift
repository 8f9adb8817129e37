import Glibc
import Postgres
import TestSupport
import Testing

/// `upblit-collector` as a person runs it.
struct CollectorCommandTests {
  private func run(
    _ words: String..., variables: [String: String] = [:]
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(words, environment: variables, program: "upblit-collector")
  }

  /// Runs `body` with a folder that goes away with it.
  private func withFolder(_ body: (String) async throws -> Void) async throws {
    var name = Array("/tmp/upblit-command-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw CommandLineProgram.Failure(reason: "no folder") }
    let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for file in ["key", "other", "settings"] { unlink("\(folder)/\(file)") }
      rmdir(folder)
    }
    try await body(folder)
  }

  @Test func `a key is made where no database is known, as the help shows`() async throws {
    try await withFolder { folder in
      let made = try await run("create-key", "--key-file", "\(folder)/key")
      #expect(made.status == 0, "\(made.errors)")
      let again = try await run("create-key", "--key-file", "\(folder)/key")
      #expect(again.status == 78 && again.errors.contains("already"))
      let second = try await run(
        "create-key", variables: ["UPBLIT_KEY_FILE": "\(folder)/other", "UPBLIT_DATABASE": "x=y"])
      #expect(second.status == 0, "\(second.errors)")
    }
  }

  @Test func `an installation is made by the commands in their order`() async throws {
    let database = try TestDatabase.makeEmpty()
    try await withFolder { folder in
      let variables = [
        "UPBLIT_KEY_FILE": "\(folder)/key", "UPBLIT_DATABASE": database.conninfo,
      ]
      for (words, status) in [
        (["create-key"], 0), (["check-config"], 0), (["create-admin"], 78), (["migrate"], 0),
        (["migrate"], 0), (["check-config"], 0), (["create-admin"], 0), (["create-admin"], 78),
        (["create-admin", "--name", "second", "--organization", "other"], 0),
      ] as [([String], Int32)] {
        let outcome = try await CommandLineProgram.run(
          words, environment: variables, program: "upblit-collector")
        #expect(outcome.status == status, "\(words): \(outcome.errors)")
      }
      _ = try await run("create-key", "--key-file", "\(folder)/other")
      let foreign = try await CommandLineProgram.run(
        ["check-config", "--key-file", "\(folder)/other"], environment: variables,
        program: "upblit-collector")
      #expect(foreign.status == 78 && foreign.errors.contains("another key file"))
      try database.connect()
        .execute("INSERT INTO schema_migration (number, name) VALUES (99, 'future')")
      let future = try await CommandLineProgram.run(
        ["serve"], environment: variables, program: "upblit-collector")
      #expect(future.status == 78 && future.errors.contains("version 99, newer than"))
    }
  }

  @Test(
    arguments: [
      ([], 64, "no command is given"), (["bogus"], 64, "there is no command \"bogus\""),
      (["serve", "now"], 64, "\"now\" is one word too many behind serve"),
      (["serve", "--bogus"], 64, "--bogus is unknown"),
      (["serve", "--database", "x"], 64, "can't be a flag"),
      (["serve", "--log-level", "loud"], 64, "expected one of debug"),
      (["serve", "--http-proxies", "10.0.0.1/8"], 64, "expected addresses or ranges such as"),
      (["serve", "--http-origins", "https://a.example/x"], 64, "expected origins such as"),
      (["serve", "--http-tls-key", "/nope"], 78, "go together"),
      (
        ["check-config", "--http-tls-certificate", "/nope", "--http-tls-key", "/nope"], 78,
        "http_tls_certificate = /nope can't be read as a certificate chain"
      ),
      (
        ["serve", "--config", "/nope"], 78, "/nope: can't be read as a settings file: No such file"
      ),
      (["serve", "--key-file", "/nope"], 78, "upblit-collector create-key --key-file /nope"),
      (["check-config"], 69, "cannot reach Postgres at 127.0.0.1:1 "),
    ] as [([String], Int32, String)])
  func `what can't be done is one sentence and a number`(
    _ words: [String], _ status: Int32, _ sentence: String
  ) async throws {
    try await withFolder { folder in
      _ = try await run("create-key", "--key-file", "\(folder)/key")
      let outcome = try await CommandLineProgram.run(
        words,
        environment: [
          "UPBLIT_DATABASE": "host=127.0.0.1 port=1 dbname=x", "UPBLIT_KEY_FILE": "\(folder)/key",
        ], program: "upblit-collector")
      #expect(outcome.status == status)
      #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
    }
  }
}
