import Glibc
import Ingress
import Linux
import Logging
import Model
import OpenSSL
import Postgres
import Store
import Synchronization
import TestSupport
import Testing
import Wire

/// Five hundred agents that come back at the same moment, as after a restart of the collector.
@Suite(.serialized) struct HerdTests {
  private static let agents = 500
  /// Batches that each holds; the first of them are on their way as the collector stops.
  private static let batches: UInt64 = 6
  private static let sentBefore: UInt64 = 2
  private static let records = 20

  @Test func `all are let in, all their batches stored once, and none waits long`() async throws {
    let bounds: @Sendable (inout IngressLimits) -> Void = { $0.unauthenticatedPerAddress = 128 }
    try await IngressFixture.with(isTLS: true, limits: bounds) { fixture in
      let slot = UInt64(try fixture.monitor())
      let connection = try fixture.database.connect()
      var members: [Member] = []
      for _ in 0..<Self.agents {
        let agent = try fixture.storedAgent(connection)
        let stream = StreamID.random()
        members.append(
          Member(
            agent: agent, stream: stream,
            bodies: try (1...Self.batches).map { sequence in
              let times = (0..<Int64(Self.records)).map { agent.nowMs - 1000 + $0 }
              return try agent.batch(
                stream, sequence, times.map { agent.record(slot, atMs: $0) })
            }))
      }
      let before = try await Herd.run(members) { try $0.leave(fixture, Self.sentBefore) }
      #expect(before.count == Self.agents)
      await fixture.server.stop()
      let memory = Self.residentKiB()
      try await fixture.withAnotherServer(limits: bounds) { port in
        let began = AgentClock.monotonicNanoseconds()
        let times = try await Herd.run(members) { try $0.comeBack(fixture, port: port) }
        let all = Double(AgentClock.monotonicNanoseconds() - began) / 1e9
        let welcomes = times.map(\.welcomedMs).sorted()
        let ends = times.map(\.ackedMs).sorted()
        let growth = Self.residentKiB() - memory
        print(
          "herd: \(times.count) agents in \(all) s; welcome p50 \(welcomes[Self.agents / 2]) ms,",
          "max \(welcomes[Self.agents - 1]) ms; all acked p50 \(ends[Self.agents / 2]) ms,",
          "max \(ends[Self.agents - 1]) ms; tries \(times.map(\.tries).reduce(0, +));",
          "memory +\(growth) KiB")
        #expect(times.count == Self.agents)
        #expect(welcomes[Self.agents - 1] < 60_000)
        #expect(growth < 512 << 10)
      }
      #expect(
        try fixture.count("SELECT count(*) FROM result")
          == Int64(Self.agents * Self.records) * Int64(Self.batches))
      #expect(
        try fixture.count("SELECT count(*) FROM ingest_stream WHERE committed = 6")
          == Int64(Self.agents))
    }
  }

  /// The memory of this process that is in use, collector and agents alike.
  private static func residentKiB() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var (size, resident) = (0, 0)
    guard
      withUnsafeMutablePointer(
        to: &size,
        { size in
          withUnsafeMutablePointer(to: &resident) { resident in
            withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
          }
        }) == 2
    else { return 0 }
    return resident * 4
  }
}

/// One agent of the herd with what it holds; used by one thread at a time.
private final class Member: @unchecked Sendable {
  // Unchecked: `Herd.run` gives each member to one thread and joins it before the next.
  let agent: TestAgent
  let stream: StreamID
  let bodies: [[UInt8]]

  init(agent: TestAgent, stream: StreamID, bodies: [[UInt8]]) {
    self.agent = agent
    self.stream = stream
    self.bodies = bodies
  }

  /// How it went.
  struct Times: Sendable {
    var welcomedMs: Int64 = 0
    var ackedMs: Int64 = 0
    var tries = 0
  }

  /// Sends some batches and leaves without hearing what became of them.
  func leave(_ fixture: IngressFixture, _ count: UInt64) throws -> Times {
    var times = Times()
    _ = try welcome(&times) { try fixture.socket() }
    for body in bodies.prefix(Int(count)) { try agent.sendTagged(.results, body) }
    agent.disconnect()
    return times
  }

  /// Sends what the collector lacks, until all of it is acknowledged.
  func comeBack(_ fixture: IngressFixture, port: Int) throws -> Times {
    var times = Times()
    let began = AgentClock.monotonicNanoseconds()
    let welcome = try welcome(&times) { try fixture.socket(port: port) }
    times.welcomedMs = (AgentClock.monotonicNanoseconds() - began) / 1_000_000
    var committed = welcome.streams.first?.committed ?? 0
    for body in bodies.dropFirst(Int(committed)) { try agent.sendTagged(.results, body) }
    while committed < bodies.count { committed = try agent.receive(Ack.self).committed }
    times.ackedMs = (AgentClock.monotonicNanoseconds() - began) / 1_000_000
    return times
  }

  /// Tries again after a short and random time, as agents do.
  private func welcome(
    _ times: inout Times, _ socket: () throws -> TestSocket
  ) throws -> Welcome {
    while true {
      times.tries += 1
      do {
        let socket = try socket()
        socket.timeoutMs = 60_000
        agent.connect(socket)
        return try agent.handshake(
          streams: [
            .init(id: stream, firstUnacked: 1, lastAssigned: UInt64(bodies.count))
          ])
      } catch {
        guard times.tries < 100 else { throw error }
        usleep(.random(in: 200_000...1_000_000))
      }
    }
  }
}

private enum Herd {
  /// Runs `body` for all at once, each on a thread of its own; gives what they gave.
  static func run(
    _ members: [Member], _ body: @escaping @Sendable (Member) throws -> Member.Times
  ) async throws -> [Member.Times] {
    let results = Mutex<[Result<Member.Times, any Error>]>([])
    let threads = try members.map { member in
      try DedicatedThread(name: "agent") {
        let result = Result { try body(member) }
        results.withLock { $0.append(result) }
      }
    }
    await withCheckedContinuation { continuation in
      _ = try? DedicatedThread(name: "herd") {
        for thread in threads { thread.join() }
        continuation.resume()
      }
    }
    return try results.withLock { $0 }.map { try $0.get() }
  }
}
