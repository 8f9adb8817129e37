import Pages
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a public page tells of what a team wrote.
@Suite struct `An update for the public` {
  @Test func `is shown while it is among the newest hundred of its incident`() throws {
    let scene = try AlertScene()
    let monitor = try scene.monitor("shop")
    let incident = try scene.incident(monitor)
    let other = try scene.incident(try scene.monitor("docs"))
    for (id, count) in [(incident, 105), (other, 1)] {
      try scene.connection.query(
        """
        INSERT INTO incident_note (organization_id, incident_id, kind, status, words, at, actor_kind,
          actor_label)
        SELECT i.organization_id, i.id, 'update', 'identified', 'number ' || n,
          now() + n * interval '1 second', 'system', 'test'
        FROM incident i, generate_series(1, $2) AS n WHERE i.id = $1 ORDER BY n
        """, id, Int32(count))
    }
    let page = try #require(
      try StatusPageQueries.load(
        scene.acme, origin: "https://status.test", on: scene.connection))
    let bodies = page.incidents.map { $0.updates.map(\.body) }.sorted { $0.count > $1.count }
    #expect(bodies.map(\.count) == [100, 1])
    #expect(bodies.first == (6...105).map { "number \($0)" })
  }
}
