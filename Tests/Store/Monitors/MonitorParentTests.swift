import JSON
import Model
import OpenSSL
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite struct `A monitor's parent` {
  @Test func `that two set at once makes no circle`() async throws {
    let database = try TestDatabase.make()
    let organization = OrganizationID(rawValue: try database.addOrganization())
    let sealing = try InstallationTests.key(1)
    let first = try database.addMonitor(organization: organization.rawValue, name: "first").key
    let second = try database.addMonitor(organization: organization.rawValue, name: "second").key
    // One is about to put the first monitor below the second.
    let one = try database.connect()
    try one.execute("BEGIN")
    try MonitorParent.lock(organization, on: one)
    try one.query("UPDATE monitor SET parent_key = $2 WHERE key = $1", first, second)
    let pool = try database.pool(size: 1)
    let other = Task {
      try await pool.run { connection in
        try connection.query("SET application_name = 'the other'")
        let monitors = try MonitorQueries.list(
          after: nil, limit: 2, organization: organization, sealing: sealing, on: connection)
        return try MonitorQueries.change(
          monitors[1].id, organization: organization, sealing: sealing, on: connection
        ) { _, draft in draft.parent = monitors[0].id }
      }
    }
    let watcher = try database.connect()
    var isWaiting = false
    while !isWaiting {
      let rows = try watcher.query(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'the other' AND wait_event_type = 'Lock'
        """)
      isWaiting = try #require(rows.first).get(0, as: Int64.self) == 1
    }
    try one.execute("COMMIT")
    await #expect(throws: FieldErrors.self) { try await other.value }
    let parents: Int64 = try database.value("SELECT count(parent_key) FROM monitor")
    #expect(parents == 1)
  }
}
