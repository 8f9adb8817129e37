import JSON
import Model
import OpenSSL
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `An organization's policy` {
  private static func draft(_ text: String) throws -> MonitorDraft {
    var reader = ObjectReader(try JSONValue(parsing: text))
    let draft = MonitorDraft.read(&reader)
    try reader.finish()
    return try #require(draft)
  }

  private static func sealing() throws -> SealingKey {
    try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
  }

  private static func set(_ policy: Policy, _ scene: DecisionScene) throws {
    let record = try OrganizationQueries.changePolicy(
      of: OrganizationID(rawValue: scene.organization), on: scene.connection
    ) { _ in policy }
    #expect(record?.policy == policy)
  }

  /// A monitor that inherits; `DecisionScene`'s have a policy of their own.
  private static func inheriting(_ scene: DecisionScene) throws -> Int64 {
    let monitor = try scene.addMonitor()
    try scene.connection.query("UPDATE monitor SET policy = NULL WHERE key = $1", monitor)
    return monitor
  }

  @Test func `reaches the engine of every monitor that inherits it, and no other`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let (own, heir) = (try scene.addMonitor(), try Self.inheriting(scene))
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.state(heir).settings?.policy == .standard)
    try Self.set(Policy(.any), scene)
    let due: Int64 = try scene.database.value(
      "SELECT count(*) FROM monitor_due WHERE due_at <= now()")
    #expect(due == 1)
    try scene.stepAll()
    #expect(try scene.state(heir).settings?.policy == Policy(.any))
    #expect(try scene.state(own).settings?.policy == .standard)
    // It is the same question: votes stand, and the new rule decides.
    #expect(try scene.state(heir).votes.count == 3)
    #expect(try scene.state(heir).settings?.epoch == 1)
    for monitor in [own, heir] { try scene.tell(monitor, agents[0], .attributable) }
    try scene.answer { $0 == agents[0] ? .attributable : .up }
    try scene.wait(3_000)
    try scene.answer { $0 == agents[0] ? .attributable : .up }
    #expect(try scene.verdicts(heir) == ["up", "down"])
    #expect(try scene.verdicts(own) == ["up"])
    let incident = try #require(
      try IncidentQueries.list(
        .init(state: .open, monitor: heir), after: nil, limit: 1,
        organization: OrganizationID(rawValue: scene.organization), on: scene.connection
      ).first)
    #expect(try IncidentReplay.run(incident, scene.connection).isIdentical)
  }

  @Test func `does not reach another organization's monitors`() throws {
    let scene = try DecisionScene()
    let heir = try Self.inheriting(scene)
    try scene.stepAll()
    let other = OrganizationID(rawValue: try scene.database.addOrganization("other"))
    _ = try OrganizationQueries.changePolicy(of: other, on: scene.connection) { _ in Policy(.all) }
    #expect(try scene.stepAll().isEmpty)
    #expect(try scene.state(heir).settings?.policy == .standard)
  }

  @Test func `a monitor that begins or ceases to inherit is decided anew`() throws {
    let scene = try DecisionScene()
    let heir = try scene.addMonitor()
    try Self.set(Policy(.nOfM(2)), scene)
    try scene.stepAll()
    #expect(try scene.state(heir).settings?.policy == .standard)
    try scene.connection.query("UPDATE monitor SET policy = NULL WHERE key = $1", heir)
    try scene.stepAll()
    #expect(try scene.state(heir).settings?.policy == Policy(.nOfM(2)))
  }

  @Test func `nobody begins to inherit it while it changes`() async throws {
    let database = try TestDatabase.make()
    let organization = OrganizationID(rawValue: try database.addOrganization())
    let pool = try database.pool(size: 8)
    let sealing = try Self.sealing()
    let draft = try Self.draft(#"{"name":"a","check":{"kind":"http","url":"http://a/"}}"#)
    // Workers that step meanwhile see what is committed; whoever inherits is due after the change.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<30 {
        group.addTask {
          _ = try await pool.run { connection in
            try MonitorQueries.create(
              organization: organization, sealing: sealing, on: connection
            ) { _ in draft }
          }
        }
      }
      for index in 1...10 {
        group.addTask {
          _ = try await pool.run { connection in
            try OrganizationQueries.changePolicy(of: organization, on: connection) { _ in
              Policy(.percent(index))
            }
          }
        }
        group.addTask {
          _ = try await pool.run { connection in while try DecisionStep.run(connection) != nil {} }
        }
      }
      try await group.waitForAll()
    }
    let connection = try database.connect()
    while try DecisionStep.run(connection) != nil {}
    let others: Int64 = try database.value(
      """
      SELECT count(*) FROM quorum_state s, organization o
      WHERE s.state->'settings'->'policy' <> o.policy
      """)
    #expect(others == 0)
    let heirs: Int64 = try database.value("SELECT count(*) FROM quorum_state")
    #expect(heirs == 30)
  }

  @Test func `is judged by the regions of those that inherit it`() throws {
    let scene = try DecisionScene()
    let organization = OrganizationID(rawValue: scene.organization)
    for name in ["one", "two"] {
      _ = try MonitorQueries.create(
        organization: organization, sealing: Self.sealing(), on: scene.connection
      ) { _ in
        try Self.draft(
          #"{"name":"\#(name)","check":{"kind":"http","url":"http://a/"},"regions":["eu","us"]}"#)
      }
    }
    func obstacle(_ policy: Policy) throws -> OrganizationQueries.Obstacle? {
      try OrganizationQueries.obstacle(to: policy, in: organization, on: scene.connection)
    }
    #expect(try obstacle(Policy(.nOfM(2))) == nil)
    let found = try #require(try obstacle(Policy(.nOfM(3))))
    #expect(found.monitorName == "one" && found.count == 2 && found.problem.key == "n")
    #expect(try obstacle(Policy(.majority, ignored: ["cn"]))?.problem.member == "0")
  }

  @Test(arguments: [
    (#""regions":["eu"]"#, "/regions"), (#""policy":null,"regions":["eu"]"#, "/regions"),
  ])
  func `and a monitor's regions are judged by it`(_ fields: String, _ pointer: String) throws {
    let text = #"{"name":"a","check":{"kind":"http","url":"http://a/"},"# + fields + "}"
    var reader = ObjectReader(try JSONValue(parsing: text))
    #expect(MonitorDraft.read(&reader, inheriting: Policy(.nOfM(2))) == nil)
    #expect(reader.errors.errors.map(\.pointer) == [pointer])
    #expect(reader.errors.errors.first?.detail.contains("organization's policy") == true)
  }
}
