import Glibc
import Linux
import TestSupport
import Testing

/// The program that starts while Postgres is away.
struct WaitingForPostgresTests {
  @Test func `it serves the last pages until Postgres is there, and then everything`() async throws
  {
    let home = try TemporaryHome()
    defer { home.remove() }
    var conninfo = ""
    try await TestPages.with(stateFolder: home.path) { api in
      _ = try await api.makeMonitor(key: try api.key(organization: "kept"), name: "Shop")
      _ = try await api.page("/status/kept") { $0.text.contains("Shop") }
      conninfo = api.database.conninfo
      _ = try await TestPages.shelved("kept", in: home.path, with: "Shop")
    }
    let made = try await CommandLineProgram.run(
      ["create-key", "--key-file", "\(home.path)/key"], environment: [:],
      program: "upblit-collector")
    #expect(made.status == 0, "\(made.errors)")
    // Where Postgres is: a folder that is not there yet.
    let folder = try #require(conninfo.firstMatch(of: /host=(\S+)/)?.output.1)
    let away = conninfo.replacing("host=\(folder)", with: "host=\(home.path)/pg")
    let (http, ingress) = (try Loopback.freePort(), try Loopback.freePort())
    let program = try RunningProgram(
      ["serve"],
      environment: [
        "UPBLIT_KEY_FILE": "\(home.path)/key", "UPBLIT_DATABASE": away,
        "UPBLIT_STATE_FOLDER": home.path, "UPBLIT_HTTP_LISTEN": "127.0.0.1:\(http)",
        "UPBLIT_INGRESS_LISTEN": "127.0.0.1:\(ingress)", "UPBLIT_CANARIES": "off",
      ], program: "upblit-collector")
    defer { program.signal(SIGKILL) }
    let kept = try await Self.answer("/status/kept", port: http) { $0.status == 200 }
    #expect(try await TestPages.shelved("kept", in: home.path, with: "Shop") == kept.text)
    let ready = try await Self.answer("/readyz", port: http) { _ in true }
    #expect(ready.status == 503)
    #expect(symlink(String(folder), "\(home.path)/pg") == 0)
    _ = try await Self.answer("/readyz", port: http) { $0.status == 200 }
    let live = try await Self.answer("/status/kept", port: http) { $0.status == 200 }
    #expect(live.text.contains("Shop"))
    program.signal(SIGTERM)
    let outcome = await program.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// The answer once it is right; until somebody listens there is none. Throws where that takes a
  /// minute.
  private static func answer(
    _ path: String, port: Int, once isRight: (RawHTTP.Answer) -> Bool
  ) async throws -> RawHTTP.Answer {
    let request = Array("GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".utf8)
    return try await eventually("the awaited answer to \(path)") {
      guard let answer = try? await RawHTTP.send(request, port: port), isRight(answer) else {
        return nil
      }
      return answer
    }
  }
}
