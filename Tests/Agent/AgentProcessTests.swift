import Glibc
import Link
import Linux
import Model
import OpenSSL
import Signing
import Synchronization
import Testing
import Wire

@Suite(.serialized) struct AgentProcessTests {
  private let scratch: ScratchFolder
  private let collector: ScriptedCollector
  private var state: String { scratch.path + "/state" }
  private var tokenFile: String { scratch.path + "/token" }

  init() throws {
    scratch = try ScratchFolder()
    collector = try ScriptedCollector()
    let token = EnrolmentToken(id: .random(), secret: try randomBytes(32), pins: [])
    collector.change { $0.token = token }
    try Files.replace(tokenFile, with: Array(try token.text().utf8) + [10])
    try collector.start()
  }

  private func run(
    _ arguments: String..., input: String? = nil
  ) async throws -> (code: Int32, text: String) {
    try await AgentProcess.run(
      arguments + ["--state-folder", state], folder: scratch.path, input: input)
  }

  private func enrol() async throws {
    let (code, text) = try await run(
      "enroll", "--collector", collector.address, "--token-file", tokenFile)
    try #require(code == 0, "\(text)")
  }

  private func start(_ arguments: String...) throws -> AgentProcess {
    try AgentProcess(
      ["run", "--state-folder", state, "--allow-loopback-targets"] + arguments,
      folder: scratch.path)
  }

  private func assign(_ count: UInt64, to target: LoggingTarget, intervalSeconds: UInt32 = 1) {
    collector.change { memory in
      memory.assignment = (1...count).map { slot in
        AssignedTarget(
          slot: slot, monitor: MonitorID(high: 1, low: slot), intervalSeconds: intervalSeconds,
          timeoutMs: 10_000, phaseMs: UInt32(slot * 997 % 1_000),
          question: .check(.http(HTTPCheck(url: "http://127.0.0.1:\(target.port)/\(slot)"))))
      }
    }
  }

  @Test func `an agent enrols, runs, tells its status and stops`() async throws {
    let (code, text) = try await run(
      "enroll", "--collector", collector.address, "--token-file", "-", "--provider", "here",
      input: tokenFile)
    #expect(code == 0)
    #expect(text.contains("enrolled as agent \(collector.agent) in region eu-test"))
    #expect(try await run("check-config").code == 0)
    let idle = try await run("status", "-o", "json")
    #expect(idle.code == 69)
    #expect(idle.text.contains("\"running\": false"))
    let target = try LoggingTarget()
    defer { target.stop() }
    assign(10, to: target)
    let agent = try start()
    await collector.wait("results") { $0.records.count >= 30 }
    #expect(try await run("run").code == 69)
    let again = try await run("enroll", "--collector", collector.address, "--token-file", tokenFile)
    #expect(again.code == 69)
    #expect(again.text.contains("another upblit-agent runs"))
    agent.signal(SIGHUP)
    agent.signal(SIGTERM)
    #expect(await agent.end() == 0, "\(agent.text)")
    #expect(agent.text.contains("the settings were read anew"))
    let memory = collector.memory.withLock { $0 }
    let seen = target.seen.withLock { $0 }
    let reported = memory.records.map { "\(collector.agent)/\($0.slot)/\($0.startedAtMs)" }
    #expect(reported.sorted() == seen.sorted())
    #expect(try await run("status").text.contains("batches unacked"))
  }

  @Test func `what is behind a failure reaches the collector, and its secrets do not`() async throws
  {
    try await enrol()
    let isWell = Mutex(false)
    let server = try HostileServer { head in
      guard !head.isEmpty else { return nil }
      let status = isWell.withLock { $0 } ? "200 Fine" : "500 Oh"
      return [
        .send("HTTP/1.1 \(status)\r\nSet-Cookie: hunter2\r\nContent-Length: 4\r\n\r\nbody"), .close,
      ]
    }
    defer { server.stop() }
    collector.change { memory in
      memory.assignment = [
        AssignedTarget(
          slot: 1, monitor: MonitorID(high: 1, low: 1), intervalSeconds: 1, timeoutMs: 10_000,
          phaseMs: 0, question: .check(.http(HTTPCheck(url: server.url()))))
      ]
    }
    let agent = try start()
    await collector.wait("evidence of the failure") { $0.evidence.count == 1 }
    isWell.withLock { $0 = true }
    await collector.wait("evidence of the good answer") { $0.evidence.count == 2 }
    agent.signal(SIGTERM)
    #expect(await agent.end() == 0, "\(agent.text)")
    let memory = collector.memory.withLock { $0 }
    #expect(memory.orphans == 0 && memory.problems.isEmpty)
    let statuses = memory.evidence.map { memory.record(of: $0.piece)?.status }
    #expect(statuses == [500, 200])
    for ((piece, _), status) in zip(memory.evidence, ["500 Oh", "200 Fine"]) {
      let texts = piece.parts.filter { $0.kind < 9 }.map {
        String(decoding: $0.bytes, as: UTF8.self)
      }
      #expect(
        texts == [
          "ipv4 127.0.0.1 \(server.port)",
          "HTTP/1.1 \(status)\nSet-Cookie: ***\nContent-Length: 4\n", "body",
        ])
    }
    #expect(try await run("status").text.contains("evidence dropped"))
  }

  @Test func `kill -9 at any moment: the target's log and the records match one to one`()
    async throws
  {
    try await enrol()
    let target = try LoggingTarget()
    defer { target.stop() }
    assign(60, to: target)
    var generator = SeededGenerator(seed: UInt64(AgentClock.wallMs()))
    for round in 1...6 {
      let agent = try start()
      let before = collector.memory.withLock { $0.records.count }
      await collector.wait("results of round \(round)", seconds: 60) {
        $0.records.count > before + 60
      }
      let pauseMs = Int64.random(in: 0...700, using: &generator)
      await offPool { waitForSockets([], timeoutMs: pauseMs) }
      agent.kill()
    }
    collector.change { $0.assignment = [] }
    collector.change { $0.revision = 2 }
    let last = try start()
    await collector.wait("the last session") { $0.assignAcks.last?.revision == 2 }
    last.signal(SIGTERM)
    #expect(await last.end() == 0, "\(last.text)")
    let memory = collector.memory.withLock { $0 }
    let seen = target.seen.withLock { $0 }
    let reported = memory.records.map { "\(collector.agent)/\($0.slot)/\($0.startedAtMs)" }
    #expect(Set(reported).count == reported.count, "a record was stored twice")
    #expect(Set(seen).count == seen.count)
    let silent = Set(seen).subtracting(reported)
    #expect(silent.isEmpty, "the target saw probes that nobody reported: \(silent.prefix(5))")
    // What was not seen can only have been interrupted before it reached the target.
    for record in memory.records
    where !seen.contains("\(collector.agent)/\(record.slot)/\(record.startedAtMs)") {
      #expect(record.outcome.failure?.failureClass == .agent)
    }
    #expect(memory.skips.isEmpty)
    #expect(memory.boots.count == 7)
    #expect(memory.badSignatures == 0)
  }

  @Test func `a lost answer to an enrolment is asked for again`() async throws {
    collector.change { $0.losesEnrolled = true }
    let first = try await run("enroll", "--collector", collector.address, "--token-file", tokenFile)
    #expect(first.code == 69)
    #expect(first.text.contains("try again"))
    collector.change { $0.losesEnrolled = false }
    try await enrol()
    #expect(try await run("check-config").code == 0)
  }

  @Test func `a used token, a bad token, a bad folder and no collector each say what to do`()
    async throws
  {
    try await enrol()
    let other = scratch.path + "/other"
    let used = try await AgentProcess.run(
      [
        "enroll", "--collector", collector.address, "--token-file", tokenFile, "--state-folder",
        other,
      ], folder: scratch.path)
    #expect(used.code == 77)
    #expect(used.text.contains("ask for a new one"))
    try Files.replace(tokenFile, with: Array("upb_enr_nonsense".utf8))
    let bad = try await AgentProcess.run(
      [
        "enroll", "--collector", collector.address, "--token-file", tokenFile, "--state-folder",
        other,
      ], folder: scratch.path)
    #expect(bad.code == 64)
    #expect(bad.text.contains("incomplete or mistyped"))
    #expect(chmod(state, 0o755) == 0)
    let open = try await run("run")
    #expect(open.code == 77)
    #expect(open.text.contains("chmod 700"))
    let missing = try await AgentProcess.run(
      ["run", "--state-folder", "/nonexistent/state"], folder: scratch.path)
    #expect(missing.code == 78)
    #expect(missing.text.contains("enrol first"))
    collector.stop()
    let token = EnrolmentToken(id: .random(), secret: try randomBytes(32), pins: [])
    try Files.replace(tokenFile, with: Array(try token.text().utf8))
    let alone = try await AgentProcess.run(
      [
        "enroll", "--collector", "plain://127.0.0.1:1", "--token-file", tokenFile,
        "--state-folder", other,
      ], folder: scratch.path)
    #expect(alone.code == 69)
    let unpinned = try await AgentProcess.run(
      [
        "enroll", "--collector", "tls://127.0.0.1:1", "--token-file", tokenFile,
        "--state-folder", other,
      ], folder: scratch.path)
    #expect(unpinned.code != 0)
    #expect(unpinned.text.contains("pin"))
  }

  @Test(arguments: [
    (["run", "--sate-folder", "/x"], Int32(64), "did you mean --state-folder?"),
    (["run", "--spool-size", "1MiB"], 64, "from 16MiB to 1TiB"),
    (["fly"], 64, "there is no command fly"),
    (["enroll"], 64, "collector is missing"),
    (["run", "--config", "/nonexistent.conf"], 78, "No such file"),
    (["--version"], 0, "upblit-agent/"),
    (["run", "--help"], 0, "--allow-loopback-targets"),
    (["check-config", "--example"], 0, "#spool_size = 256MiB"),
  ])
  func `the command line says what is wrong`(
    arguments: [String], code: Int32, text: String
  ) async throws {
    let result = try await AgentProcess.run(arguments, folder: scratch.path)
    #expect(result.code == code)
    #expect(result.text.contains(text), "\(result.text)")
  }

  @Test func `a revoked agent ends with a sentence and the right code`() async throws {
    try await enrol()
    let agent = try start()
    await collector.wait("a session") { $0.sessions == 1 }
    collector.send(ErrorFrame(End(.revoked, message: "")))
    #expect(await agent.end() == 77)
    #expect(agent.text.contains("was revoked"))
  }

  @Test func `a corrupt spool never stops the agent`() async throws {
    try await enrol()
    let target = try LoggingTarget()
    defer { target.stop() }
    assign(20, to: target)
    collector.change { $0.credit = Credit(bytes: 0, batches: 0) }
    let agent = try start()
    await poll { target.seen.withLock { $0.count >= 60 } }
    agent.kill()
    for stream in try Files.names(in: state + "/spool") where stream.utf8.count == 36 {
      for name in try Files.names(in: state + "/spool/" + stream) where name.hasSuffix(".seg") {
        let path = "\(state)/spool/\(stream)/\(name)"
        var bytes = try #require(try Files.read(path))
        guard bytes.count > 300 else { continue }
        bytes[bytes.count / 2] ^= 0xff
        try Files.replace(path, with: bytes)
      }
    }
    collector.change { $0.credit = Credit(bytes: 1 << 20, batches: 8) }
    let next = try start()
    await collector.wait("a skip and results after it") {
      !$0.skips.isEmpty && $0.records.count > 20
    }
    next.signal(SIGTERM)
    #expect(await next.end() == 0)
    // What follows the damage is kept; damage in the last batch looks like one that was cut short.
    #expect(next.text.contains("put aside") || next.text.contains("are cut off"))
    #expect(collector.memory.withLock { $0.skips.allSatisfy { $0.skip.reason == .corrupt } })
  }

  @Test func `the built agent links neither Foundation nor NIO nor a second TLS`() async throws {
    let bytes = try #require(try Files.read(AgentProcess.path, limit: 1 << 30))
    // Names of libraries and mangled names of modules stand in the file as they are.
    for name in ["libFoundation", "FoundationEssentials", "7NIOCore", "NIOPosix", "libgnutls"] {
      #expect(!Self.contains(bytes, Array(name.utf8)), "\(name) is in the agent")
    }
    #expect(Self.contains(bytes, Array("libcurl".utf8)))
  }

  private static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { whole in
      var offset = 0
      while let base = whole.baseAddress, whole.count - offset >= word.count,
        let found = memchr(base + offset, Int32(word[0]), whole.count - offset - word.count + 1)
      {
        if memcmp(found, word, word.count) == 0 { return true }
        offset = UnsafeRawPointer(found) - base + 1
      }
      return false
    }
  }
}
