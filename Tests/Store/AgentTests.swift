import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@Suite struct AgentTests {
  let database: TestDatabase
  let connection: Connection

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
  }

  private func begin(_ agent: Int32, boot: BootID = .random()) throws -> Sessions.Begun? {
    try Sessions.begin(
      agentKey: agent, session: .random(), collector: .random(), boot: boot, connection)
  }

  @Test func `each session has a generation above the last`() throws {
    let agent = try database.addAgent()
    let first = try #require(try begin(agent))
    let second = try #require(try begin(agent))
    #expect(second.generation == first.generation + 1)
  }

  @Test func `an end of an old session does not end the new one`() throws {
    let agent = try database.addAgent()
    let first = try #require(try begin(agent))
    _ = try begin(agent)
    try Sessions.end(agentKey: agent, generation: first.generation, connection)
    #expect(try database.value("SELECT ended_at IS NULL FROM agent_session", as: Bool.self))
  }

  @Test func `two machines that fight for one identity are found out`() throws {
    let agent = try database.addAgent()
    let boots = [BootID.random(), BootID.random()]
    var begun: [Bool] = []
    for turn in 0..<5 { begun.append(try begin(agent, boot: boots[turn % 2])?.isCloned ?? false) }
    #expect(begun.last == true)
    #expect(begun.first == false)
    #expect(try database.value("SELECT cloned_at IS NOT NULL FROM agent", as: Bool.self))
  }

  @Test func `an agent that comes back again and again is no clone`() throws {
    let agent = try database.addAgent()
    let boot = BootID.random()
    for _ in 0..<3 {
      let begun = try #require(try begin(agent, boot: boot))
      #expect(!begun.isCloned)
    }
    for _ in 0..<10 {
      let restarted = try #require(try begin(agent))
      try Sessions.end(agentKey: agent, generation: restarted.generation, connection)
      #expect(!restarted.isCloned)
    }
  }

  @Test func `a revoked agent gets no session, its running one is fenced, and all are told`()
    throws
  {
    let organization = try database.addOrganization()
    let id = AgentID.random()
    let agent = try database.addAgent(id: id, organization: organization)
    let before = try #require(try begin(agent))
    let listener = try database.connect()
    try listener.listen(to: [StoreChannel.revoked.rawValue])
    let other = try database.addOrganization("other")
    #expect(try Agents.revoke(id, owner: other, connection) == .notFound)
    #expect(try Agents.revoke(id, owner: organization, connection) == .revoked)
    #expect(try Agents.revoke(id, owner: organization, connection) == .alreadyRevoked)
    #expect(try begin(agent) == nil)
    let generation = try database.value("SELECT generation FROM agent_session", as: Int64.self)
    #expect(generation > before.generation)
    let told = try listener.notifications(timeoutMs: 5000)
    #expect(
      told == [PostgresNotification(channel: StoreChannel.revoked.rawValue, payload: "\(agent)")])
    #expect(try Agents.find(id, visibleTo: organization, connection)?.isRevoked == true)
  }

  @Test func `an organization sees its own agents and the shared ones`() throws {
    let mine = try database.addOrganization("mine")
    let other = try database.addOrganization("other")
    _ = try database.addAgent(name: "mine", organization: mine)
    _ = try database.addAgent(name: "other", organization: other)
    _ = try database.addAgent(name: "shared")
    let names = try Agents.list(visibleTo: mine, connection).map(\.name)
    #expect(Set(names) == ["mine", "shared"])
    #expect(try Agents.list(visibleTo: nil, connection).count == 3)
  }

  @Test func `streams are made once, keep their order, and a stranger's is not given`() throws {
    let agent = try database.addAgent()
    let stranger = try database.addAgent(name: "stranger")
    let ids = (0..<3).map { _ in StreamID.random() }
    let foreign = StreamID.random()
    _ = try Streams.open([foreign], agentKey: stranger, connection)
    let opened = try Streams.open(ids + [foreign], agentKey: agent, connection)
    #expect(opened.prefix(3).map { $0?.id } == ids)
    #expect(opened.last == .some(nil))
    let again = try Streams.open(ids.reversed(), agentKey: agent, connection)
    #expect(again.reversed().map { $0?.key } == opened.prefix(3).map { $0?.key })
    #expect(opened[0]?.committed == 0)
    #expect(opened[0]?.digest == 0)
  }

  @Test func `a stream's position carries the digest of its last batch`() async throws {
    let scene = try IngestScene(database)
    #expect(await scene.send(1, digest: 0x0102_0304_0506_0708) == .committed(upTo: 1))
    let rows = try connection.query("SELECT id FROM ingest_stream WHERE key = $1", scene.stream)
    let id = try #require(rows.first).get(0, as: StreamID.self)
    let position = try Streams.open([id], agentKey: scene.agent, connection)[0]
    #expect(position?.committed == 1)
    #expect(position?.digest == 0x0102_0304_0506_0708)
  }

  @Test func `only the present session's word on liveness is kept`() throws {
    let agent = try database.addAgent()
    func live(_ generation: Int64, _ watermark: Int64) -> AgentLive {
      AgentLive(
        agentKey: agent, generation: generation, boot: .random(), connectedSince: .now(),
        watermarkMs: watermark, monoNowMs: 2, assignmentRevision: 3, spoolBytes: 4, dropped: 5,
        loopLagMs: 6, canaries: 7, clockSteps: 8, failing: 9)
    }
    try AgentLive.store([live(1, 100), live(1, 200)], connection)
    _ = try begin(agent)
    try AgentLive.store([live(1, 300)], connection)
    #expect(try database.value("SELECT watermark_ms FROM agent_live", as: Int64.self) == 200)
    try AgentLive.store([live(2, 400)], connection)
    #expect(try database.value("SELECT watermark_ms FROM agent_live", as: Int64.self) == 400)
  }

  @Test func `a slot is resolved for those who may report on it`() throws {
    let mine = try database.addOrganization("mine")
    let other = try database.addOrganization("other")
    let monitor = try database.addMonitor(organization: mine)
    let shared = try database.addAgent(name: "shared")
    let own = try database.addAgent(name: "own", organization: mine)
    let foreign = try database.addAgent(name: "foreign", organization: other)
    for agent in [shared, own] {
      let owners = try SlotOwner.find([monitor.slot, 999], agentKey: agent, connection)
      #expect(owners.map(\.monitorKey) == [monitor.key])
    }
    #expect(try SlotOwner.find([monitor.slot], agentKey: foreign, connection).isEmpty)
  }

  @Test func `a rotated key is pending until it is proven, then the old one has its allowance`()
    throws
  {
    let key = try InstallationTests.key(3)
    let token = try EnrolmentTokens.create(.init(), key: key, connection).record.id
    let id = AgentID.random()
    let newborn = Enrolment.Newborn(
      id: id, root: [1], hostname: "h", region: "r", provider: "p", software: "s")
    _ = try Enrolment.complete(
      token, requestHash: [1], answer: [1], newborn: newborn, key: key, connection)
    try KeyRotation.keepPending([2], keyID: 2, agent: id, key: key, connection)
    var credentials = try #require(try AgentCredentials.find(id, key: key, connection))
    #expect(credentials.root(forHello: 1)?.bytes == [1])
    #expect(credentials.root(forHello: 2)?.bytes == [2])
    let stream = StreamID.random()
    try KeyRotation.promote(
      keyID: 2, agentKey: credentials.agentKey, streams: [(stream, 17)], connection)
    credentials = try #require(try AgentCredentials.find(id, key: key, connection))
    #expect(credentials.current == .init(keyID: 2, bytes: [2]))
    #expect(credentials.previous == .init(keyID: 1, bytes: [1]))
    #expect(credentials.root(forHello: 1) == nil)
    let allowance = try KeyRotation.allowance(
      keyID: 1, agentKey: credentials.agentKey, connection)
    #expect(allowance == [stream: 17])
  }

  @Test func `maintenance runs, removes what is old and keeps the last digest`() async throws {
    let scene = try IngestScene(database)
    #expect(await scene.send(1) == .committed(upTo: 1))
    #expect(await scene.send(2) == .committed(upTo: 2))
    try connection.execute("UPDATE ingest_batch SET received_at = now() - interval '8 days'")
    let report = try #require(try Maintenance.run(connection))
    #expect(report.rowsRemoved == 1)
    #expect(try database.value("SELECT sequence FROM ingest_batch", as: Int64.self) == 2)
  }

  private static let daily = ["result", "result_evidence", "rollup_minute"]

  /// `result` of `result_20260131`.
  private func tables(of partitions: [String]) -> [String] {
    partitions.map { String($0.dropLast("_20260131".count)) }.sorted()
  }

  @Test func `maintenance leaves a partition that is still being read for the next time`() throws {
    let reader = try database.connect()
    try connection.query(
      "SELECT ensure_result_partitions(now() - interval '40 days', 0, 0)")
    try reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM result")
    let delayed = try #require(try Maintenance.run(connection))
    #expect(delayed.isDropDelayed)
    reader.rollback()
    let done = try #require(try Maintenance.run(connection))
    #expect(tables(of: done.partitionsDropped) == Self.daily)
    #expect(!done.isDropDelayed)
  }

  @Test func `a part of maintenance that fails keeps no other from being done`() throws {
    try connection.query(
      "SELECT ensure_result_partitions(now() - interval '40 days', 0, 0)")
    try connection.execute(
      "ALTER TABLE login_session RENAME TO mislaid; ALTER TABLE ingest_reject RENAME TO lost")
    let report = try #require(try Maintenance.run(connection))
    #expect(tables(of: report.partitionsDropped) == Self.daily)
    #expect(report.failures.map(\.part) == ["ingest_reject", "accounts"])
    #expect(report.failures.first?.reason.contains("ingest_reject") == true)
  }
}
