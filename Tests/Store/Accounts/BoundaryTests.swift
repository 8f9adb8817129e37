import Model
import Postgres
import Store
import TestSupport
import Testing

/// Every query about what an organization owns, asked by another organization.
@Suite struct BoundaryTests {
  let scene: AccountScene
  let owner: PersonID
  let stranger: PersonID
  let member: PersonID
  let key: APIKeyID
  let invitation: InvitationID

  init() throws {
    let scene = try AccountScene()
    let owner = try scene.person("owner", .owner)
    self.scene = scene
    self.owner = owner
    stranger = try scene.person("stranger", .owner, in: scene.other)
    member = try scene.person("member", .viewer)
    key = try scene.write(by: owner) {
      try APIKeyQueries.create(
        APIKeyDraft(name: "key", scopes: [.monitorsRead]), organization: scene.acme, in: $0
      ).record.id
    }
    invitation = try scene.write(by: owner) {
      try InvitationQueries.create(role: .viewer, email: nil, organization: scene.acme, in: $0)
        .record.id
    }
  }

  /// What an organization's rows look like, to be the same after.
  private func image() throws -> String {
    try scene.database.value(
      """
      SELECT coalesce((SELECT string_agg(m::text, ';' ORDER BY m::text) FROM membership m), '')
        || coalesce((SELECT string_agg(k::text, ';' ORDER BY k::text) FROM api_key k), '')
        || coalesce((SELECT string_agg(i::text, ';' ORDER BY i::text) FROM invitation i), '')
      """)
  }

  @Test func `reads find nothing of another's`() throws {
    let (connection, other) = (scene.connection, scene.other)
    #expect(try MembershipQueries.get(member, organization: other, on: connection) == nil)
    #expect(
      try MembershipQueries.list(limit: 100, organization: other, on: connection).map(\.person)
        == [stranger])
    #expect(try InvitationQueries.get(invitation, organization: other, on: connection) == nil)
    #expect(try InvitationQueries.list(limit: 100, organization: other, on: connection).isEmpty)
    #expect(try APIKeyQueries.get(key, organization: other, on: connection) == nil)
    #expect(try APIKeyQueries.list(organization: other, on: connection).isEmpty)
    #expect(
      try APIKeyQueries.list(after: nil, limit: 100, organization: other, on: connection).isEmpty)
    #expect(
      try AuthorityQueries.authority(of: owner, in: other, on: connection) == Authority.none)
    let seen = try AuditQueries.list(limit: 100, organization: other, on: connection)
    #expect(seen.map(\.action) == ["member.add"])
    #expect(
      try AuditQueries.list(
        .init(objectKind: "api_key", objectID: key.description), limit: 100, organization: other,
        on: connection
      ).isEmpty)
    _ = try scene.database.addMonitor(organization: scene.acme.rawValue)
    #expect(try QuotaQueries.get(other, on: connection)?.use.monitors == 0)
  }

  @Test func `writes change nothing of another's`() throws {
    let before = try image()
    let other = scene.other
    func write<T>(_ body: (AuditedWrite) throws -> T) throws -> T {
      try scene.write(by: stranger, body)
    }
    #expect(
      try write { try MembershipQueries.change(member, to: .owner, organization: other, in: $0) }
        == nil)
    #expect(try !write { try MembershipQueries.remove(member, organization: other, in: $0) })
    #expect(
      try write { try InvitationQueries.revoke(invitation, organization: other, in: $0) } == nil)
    #expect(try write { try APIKeyQueries.revoke(key, organization: other, in: $0) } == nil)
    #expect(try !APIKeyQueries.revoke(key, organization: other, on: scene.connection))
    #expect(try image() == before)
  }

  @Test func `nobody acts in an organization that is not theirs`() throws {
    let before = try image()
    let acme = scene.acme
    func refused(_ refusal: AccountRefusal, _ body: (AuditedWrite) throws -> Void) {
      #expect(throws: refusal) { try scene.write(by: stranger, body) }
    }
    refused(.mayNotGive(.viewer)) {
      _ = try MembershipQueries.add(stranger, as: .viewer, organization: acme, in: $0)
    }
    refused(.mayNotGive(.viewer)) {
      _ = try MembershipQueries.change(member, to: .editor, organization: acme, in: $0)
    }
    refused(.mayNotGive(.viewer)) {
      _ = try MembershipQueries.remove(member, organization: acme, in: $0)
    }
    refused(.mayNotGive(.viewer)) {
      _ = try InvitationQueries.create(role: .viewer, email: nil, organization: acme, in: $0)
    }
    refused(.scopesBeyondMaker([.monitorsRead])) {
      _ = try APIKeyQueries.create(
        APIKeyDraft(name: "x", scopes: [.monitorsRead]), organization: acme, in: $0)
    }
    refused(.keyOfAnother) { _ = try APIKeyQueries.revoke(key, organization: acme, in: $0) }
    // A key acts in its own organization alone.
    #expect(throws: AccountRefusal.mayNotGive(.viewer)) {
      try scene.write(with: key) {
        try MembershipQueries.add(owner, as: .viewer, organization: scene.other, in: $0)
      }
    }
    #expect(try image() == before)
  }
}

@Suite struct QuotaQueryTests {
  let scene: AccountScene

  init() throws {
    scene = try AccountScene()
    for region in ["eu", "us", "eu"] { _ = try scene.database.addAgent(region: region) }
    _ = try scene.database.addAgent(region: "own", organization: scene.acme.rawValue)
    _ = try scene.database.addAgent(region: "theirs", organization: scene.other.rawValue)
  }

  @Test func `use is what monitors ask for in the regions that there are`() throws {
    let key = try scene.database.addMonitor(
      organization: scene.acme.rawValue, intervalSeconds: 10
    ).key
    _ = try scene.database.addMonitor(organization: scene.acme.rawValue, intervalSeconds: 60)
    func use() throws -> OrganizationQuota.Use? {
      try QuotaQueries.get(scene.acme, on: scene.connection)?.use
    }
    #expect(try QuotaQueries.regionCount(of: scene.acme, on: scene.connection) == 3)
    #expect(try use() == .init(monitors: 2, probesPerSecond: 3.0 / 10 + 3.0 / 60))
    try scene.connection.query("UPDATE monitor SET regions = '{eu}' WHERE key = $1", key)
    #expect(try use() == .init(monitors: 2, probesPerSecond: 1.0 / 10 + 3.0 / 60))
    try scene.connection.query("UPDATE monitor SET paused = true WHERE key = $1", key)
    #expect(try use() == .init(monitors: 2, probesPerSecond: 3.0 / 60))
    try scene.connection.query("UPDATE monitor SET deleted_at = now() WHERE key = $1", key)
    #expect(try use() == .init(monitors: 1, probesPerSecond: 3.0 / 60))
  }

  @Test func `a quota is set by the installation, and what is beyond it is refused`() throws {
    let quota = OrganizationQuota(
      mostMonitors: 1, leastIntervalSeconds: 30, mostProbesPerSecond: 0.1)
    _ = try scene.write { try QuotaQueries.set(quota, of: scene.acme, in: $0) }
    #expect(try QuotaQueries.get(scene.acme, on: scene.connection)?.quota == quota)
    #expect(try QuotaQueries.get(scene.other, on: scene.connection)?.quota == .init())
    #expect(try scene.actions() == ["organization.quota"])
    let owner = try scene.person("owner", .owner)
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: owner) { try QuotaQueries.set(.init(), of: scene.acme, in: $0) }
    }
    let wrong: [OrganizationQuota] = [
      .init(mostMonitors: -1), .init(leastIntervalSeconds: 0),
      .init(mostProbesPerSecond: .nan), .init(mostProbesPerSecond: .infinity),
      .init(mostProbesPerSecond: -1), .init(mostMonitors: .max),
    ]
    for quota in wrong {
      #expect(throws: AccountRefusal.quotaOutOfRange) {
        try scene.write { try QuotaQueries.set(quota, of: scene.acme, in: $0) }
      }
    }
    func problem(
      _ interval: Int32, _ regions: [String]?
    ) throws -> OrganizationQuota.Problem? {
      try scene.connection.transaction { connection in
        try QuotaQueries.problem(
          old: nil, new: (interval, regions, false), organization: scene.acme, on: connection)
      }
    }
    #expect(try problem(30, nil) == nil)
    #expect(try problem(29, ["eu"]) == .interval(leastSeconds: 30))
    #expect(try problem(30, ["a", "b", "c", "d"]) == .probes(most: 0.1, wished: 4.0 / 30))
    _ = try scene.database.addMonitor(organization: scene.acme.rawValue)
    #expect(try problem(60, nil) == .monitors(most: 1))
  }

  @Test func `those who add at once do not go beyond it together`() async throws {
    let acme = scene.acme
    _ = try scene.write {
      try QuotaQueries.set(OrganizationQuota(mostMonitors: 3), of: acme, in: $0)
    }
    let bodies = (0..<10).map { index in
      { @Sendable (connection: Connection) in
        try connection.transaction { connection in
          if try QuotaQueries.problem(
            old: nil, new: (60, nil, false), organization: acme, on: connection) != nil
          {
            return false
          }
          try connection.query(
            """
            INSERT INTO monitor (organization_id, name, kind, target, "check", interval_s, timeout_ms)
            VALUES ($1, $2, 'http', 'http://a/', '{}', 60, 1000)
            """, acme.rawValue, "m\(index)")
          return true
        }
      }
    }
    let outcome = try await race(try scene.database.pool(size: 5), bodies)
    #expect(outcome.values.filter { $0 }.count == 3)
  }
}
