import Glibc
import JSON
import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

/// `upblit check` as a person runs it, against a real server.
@Suite struct `A check by hand` {
  private func run(
    _ arguments: [String], input: String = ""
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      ["check"] + arguments, environment: ["HOME": "/nonexistent"], input: input)
  }

  private func lines(_ outcome: CommandLineProgram.Outcome) throws -> [JSONValue] {
    try outcome.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  @Test func `answers one line a spec in their order, whatever each is`() async throws {
    try await TestAPI.with { api in
      let url = "http://127.0.0.1:\(api.port)"
      let specs = """
        {"kind":"http","url":"\(url)/healthz","conditions":["[BODY].status == ok"]}
        {"kind":"http","url":"\(url)/api/v1/nothing"}
        nonsense
        {"name":"port","check":{"kind":"tcp","host":"127.0.0.1","port":\(api.port)},"timeout_ms":2000}
        {"kind":"http","url":"\(url)/","conditions":["[STATUS] =="]}
        """
      let outcome = try await run(
        ["--spec", "-", "--allow-private", "-o", "json"], input: specs)
      #expect(outcome.status == 65)
      let answers = try lines(outcome)
      #expect(answers.map { $0["number"]?.integerValue } == [1, 2, 3, 4, 5])
      #expect(
        answers.map { $0["outcome"]?.stringValue } == ["up", "down", "unknown", "up", "unknown"],
        "\(outcome.output)")
      #expect(
        answers.map { $0["reason"]?.stringValue }
          == [nil, "http.status", "agent.not_understood", nil, "agent.not_understood"])
      #expect(answers[1]["evidence"]?["headers"]?.stringValue?.hasPrefix("HTTP/1.1 4") == true)
      #expect(answers[0]["address"]?.stringValue == "127.0.0.1")
      #expect(answers[0]["phases"]?["total_us"]?.integerValue ?? 0 > 0)
      #expect(answers[3]["name"]?.stringValue == "port")
      #expect(answers[4]["errors"]?.elements.first?["pointer"]?.stringValue == "/conditions/0")
    }
  }

  @Test func `asks nothing of this machine unless allowed, and says so`() async throws {
    try await TestAPI.with { api in
      let target = "http://127.0.0.1:\(api.port)/healthz"
      let refused = try await run([target, "-o", "json"])
      #expect(refused.status == 3)
      let answer = try #require(lines(refused).first)
      #expect(answer["outcome"] == "unknown" && answer["reason"] == "agent.address_refused")
      let allowed = try await run([target, "--allow-private"])
      #expect(allowed.status == 0)
      #expect(allowed.output.hasPrefix("UP  \(target)\n"), "\(allowed.output)")
      let port = try await run(["127.0.0.1:\(api.port)", "--allow-private"])
      #expect(port.status == 0 && port.output.contains("address"))
    }
  }

  @Test func `over both families tells of each, and fails where one does`() async throws {
    try await TestAPI.with { api in
      // The server listens on 127.0.0.1 alone.
      let spec = """
        {"kind":"http","url":"http://localhost:\(api.port)/healthz","family":"both"}
        """
      let outcome = try await run(["--spec", "-", "--allow-private", "-o", "json"], input: spec)
      #expect(outcome.status == 3)
      let answer = try #require(lines(outcome).first)
      #expect(answer["detail"]?.stringValue?.hasPrefix("over IPv6: ") == true)
      let attempts = answer["attempts"]?.elements.compactMap(\.stringValue) ?? []
      #expect(attempts.first?.hasPrefix("over ipv4 127.0.0.1 \(api.port): up; dns ") == true)
      #expect(attempts.dropFirst().first?.hasPrefix("over ipv6 ::1 \(api.port): ") == true)
    }
  }

  @Test(arguments: [
    ("--spec /nonexistent/specs", Int32(1)), ("", 64), ("a --spec -", 64), ("a --timeout 1y", 64),
    ("a --local --regions eu", 64),
    ("http://[::1/", 65), ("ftp://a/", 64),
  ])
  func `wrong use ends with one sentence and its code`(
    _ arguments: String, _ status: Int32
  ) async throws {
    let outcome = try await run(arguments.split(separator: " ").map(String.init))
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(!outcome.errors.isEmpty && outcome.output.isEmpty)
  }

  @Test func `the answer about a silent target tells the way to it`() async throws {
    let silent = try SilentListener()
    let url = "http://127.0.0.1:\(silent.port)/"
    let spec = #"{"check":{"kind":"http","url":"\#(url)"},"timeout_ms":500}"#
    let outcome = try await run(["--spec", "-", "--allow-private", "-o", "json"], input: spec)
    let answer = try #require(lines(outcome).first)
    #expect(answer["reason"] == "timeout.first_byte", "\(outcome.output)")
    let route = try #require(answer["evidence"]?["traceroute"]?.stringValue)
    #expect(route.hasPrefix("tcp 127.0.0.1 \(silent.port)\n1  127.0.0.1  "), "\(route)")
    #expect(route.hasSuffix("  connected\n"), "\(route)")
    #expect(answer["evidence"]?["resolver"]?.isNull == true)
    let shown = try await run([url, "--allow-private", "--timeout", "500ms"])
    #expect(shown.output.contains("route"), "\(shown.output)")
    withExtendedLifetime(silent) {}
  }

  /// Answers as the agent of a region would, once it is asked.
  private func answer(
    as agent: Int32, _ record: ProbeRecord, _ api: TestAPI
  ) async throws {
    let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    let connection = try api.database.connect()
    for _ in 0..<1_000 {
      if let question = try CheckTries.take(agent: agent, sealing: sealing, connection).first {
        let told = TryAnswer(record, attempts: Array("connect\n".utf8))
        return try CheckTries.answer(question.id, told, agent: agent, connection)
      }
      try connection.query("SELECT pg_sleep(0.02)")
      await Task.yield()
    }
    Issue.record("the agent was never asked")
  }

  @Test func `who is logged in asks every region as well, a line a place`() async throws {
    try await TestAPI.with { api in
      let agent = try api.liveAgent(region: "eu")
      _ = try api.database.addAgent(name: "us", region: "us")
      let account = [
        "UPBLIT_SERVER": "http://127.0.0.1:\(api.port)", "UPBLIT_TOKEN": try api.key(),
        "HOME": "/nonexistent",
      ]
      let target = "http://127.0.0.1:\(api.port)/healthz"
      let up = ProbeRecord(
        slot: 0, startedAtMs: 1, total: 305,
        phases: Phases(dns: 10, connect: 21, tls: 21, firstByte: 300), outcome: .up, status: 200)
      let asking = ["check", target, "--allow-private"]

      async let everywhere = CommandLineProgram.run(
        asking + ["--regions", "all", "-o", "json"], environment: account)
      try await answer(as: agent, up, api)
      let all = try await everywhere
      #expect(all.status == 3 && all.errors.isEmpty, "\(all.errors)")
      let answers = try lines(all)
      #expect(answers.first?["where"] == "local" && answers.first?["outcome"] == "up")
      let eu = try #require(answers.first { $0["where"] == "eu" })
      #expect(eu["outcome"] == "up" && eu["target"] == .string(target) && eu["status"] == 200)
      #expect(eu["phases"]?["connect_us"] == 2_100 && eu["phases"]?["total_us"] == 30_500)
      #expect(eu["attempts"] == ["connect"])
      let us = try #require(answers.first { $0["where"] == "us" })
      #expect(us["outcome"] == "unknown" && us["reason"] == "agent.absent" && answers.count == 3)

      async let some = CommandLineProgram.run(asking + ["--regions", "eu"], environment: account)
      try await answer(as: agent, up, api)
      let table = try await some
      #expect(table.status == 0, "\(table.errors)")
      let rows = table.output.split(separator: "\n").map {
        $0.split(separator: " ").joined(separator: " ")
      }
      #expect(
        rows.first == "WHERE OUTCOME REASON DNS CONNECT TLS FIRST BYTE TOTAL ADDRESS")
      #expect(rows.last == "eu up - 1.0 ms 2.1 ms - 30.0 ms 30.5 ms -", "\(table.output)")

      let here = try await CommandLineProgram.run(
        asking + ["--local", "-o", "json"], environment: account)
      let local = try #require(lines(here).first)
      #expect(here.status == 0 && local["where"] == nil && local["outcome"] == "up")
      // An address of this machine goes to nobody unasked, and what a file holds neither.
      let own = try await CommandLineProgram.run(asking, environment: account)
      #expect(own.status == 0 && own.output.hasPrefix("UP  \(target)\n"), "\(own.output)")
      let nowhere = account.merging(["UPBLIT_SERVER": "http://127.0.0.1:1"]) { $1 }
      let alone = try await CommandLineProgram.run(["check", target], environment: nowhere)
      #expect(alone.status == 3 && alone.output.contains(target), "\(alone.output)")
      #expect(alone.errors.hasPrefix("upblit: the regions are missing: "), "\(alone.errors)")
      // Who names regions is not content with less.
      let wished = try await CommandLineProgram.run(
        asking + ["--regions", "eu"], environment: nowhere)
      #expect(wished.status == 1 && !wished.errors.contains("are missing"), "\(wished.errors)")
      let unread = try await CommandLineProgram.run(
        asking + ["--regions", "eu"],
        environment: account.merging(["UPBLIT_TOKEN": try api.key(scopes: [.monitorsRead])]) { $1 })
      #expect(unread.status != 0 && unread.errors.contains("monitors:write"), "\(unread.errors)")
      let nobody = try await run([target, "--regions", "eu"])
      #expect(nobody.status == 4 && nobody.errors.contains("upblit login"))
    }
  }
}

/// A port of this host whose connections the kernel accepts, and nobody serves.
private final class SilentListener {
  let port: UInt16
  private let socket: Int32

  init() throws {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    socket = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(isBound && listen(descriptor, 32) == 0)
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }
}
