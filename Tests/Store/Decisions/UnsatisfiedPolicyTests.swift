import Model
import OpenSSL
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `A policy that live agents can't satisfy` {
  @Test func `is unknown to the engine and a warning of the monitor`() throws {
    let scene = try DecisionScene()
    _ = try ["a", "b"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.connection.query(
      #"UPDATE monitor SET policy = '{"kind":"n_of_m","n":3}' WHERE key = $1"#, monitor)
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    #expect(try shortages(scene).map(\.problem.key) == ["n"])
    #expect(try shortages(scene).allSatisfy(\.isBlinding))
    try scene.wait(20_000)
    try scene.connection.query(Due.wish, [monitor])
    try scene.stepAll()
    #expect(try scene.verdicts(monitor) == ["unknown"])
    _ = try scene.addAgent("c")
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try shortages(scene).isEmpty)
    #expect(try scene.verdicts(monitor) == ["unknown", "up"])
  }

  @Test func `counts only agents that the organization may use`() throws {
    let scene = try DecisionScene()
    let other = try scene.database.addOrganization("other")
    _ = try scene.addAgent("a")
    let foreign = try scene.database.addAgent(name: "x", region: "b", organization: other)
    let revoked = try scene.addAgent("c")
    try scene.reconcile()
    for agent in [foreign, revoked] {
      try scene.connection.query(
        """
        INSERT INTO agent_presence (agent_key, state, since) VALUES ($1, 'live', now())
        ON CONFLICT (agent_key) DO UPDATE SET state = 'live'
        """, agent)
    }
    try scene.connection.query("UPDATE agent SET status = 'revoked' WHERE key = $1", revoked)
    let posts = try RegionPosts(
      organization: OrganizationID(rawValue: scene.organization), on: scene.connection)
    #expect(posts.posts(nil) == [Policy.Post(region: "a", domain: "provider-a")])
    #expect(posts.posts(["b", "a"]).map(\.domain) == ["provider-a", nil])
  }

  private func shortages(_ scene: DecisionScene) throws -> [Policy.Shortage] {
    let organization = OrganizationID(rawValue: scene.organization)
    let sealing = try #require(SealingKey([UInt8](repeating: 7, count: SealingKey.byteCount)))
    let record = try #require(
      try MonitorQueries.list(
        after: nil, limit: 1, organization: organization,
        sealing: sealing,
        on: scene.connection
      ).first)
    return try RegionPosts(organization: organization, on: scene.connection).shortages(of: record)
  }
}
