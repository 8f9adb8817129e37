import Model
import Pages
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a public page tells of the regions of one monitor.
@Suite struct `A region on a public page` {
  /// Votes in the order of what weighs least, and what the page shows of them under a verdict.
  private static let shown: [(verdict: String?, regions: [ComponentState])] = [
    (nil, [.noData, .noData, .noData]),
    ("unknown", [.noData, .noData, .noData]),
    ("up", [.up, .up, .up]),
    ("degraded", [.up, .degraded, .degraded]),
    ("regional", [.up, .degraded, .down]),
    ("partial", [.up, .degraded, .down]),
    ("down", [.up, .degraded, .down]),
  ]

  @Test(arguments: shown)
  func `is never worse than what the quorum confirmed`(
    _ shown: (verdict: String?, regions: [ComponentState])
  ) throws {
    let scene = try DecisionScene()
    let monitor = try scene.addMonitor()
    for (region, outcome) in [("asia", 0), ("eu", 1), ("us", 3)] as [(String, Int16)] {
      let agent = try scene.addAgent(region)
      try scene.connection.query(
        """
        WITH given AS (
          INSERT INTO assignment (agent_key, slot, organization_id, monitor_key, phase_ms)
          SELECT $1, slot, organization_id, key, 0 FROM monitor WHERE key = $2
          ON CONFLICT DO NOTHING
        )
        INSERT INTO vote (monitor_key, region, organization_id, agent_key, epoch, outcome, total_us,
          observed_ms, since, updated_at, boot_id)
        SELECT key, $3, organization_id, $1, epoch, $4, 1500, 0, now(), now(), gen_random_uuid()
        FROM monitor WHERE key = $2
        """, agent, monitor, region, outcome)
    }
    if let verdict = shown.verdict {
      try scene.connection.query(
        """
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes)
        SELECT key, organization_id, epoch, now(), now(), $2, '{}', '{}', '[]' FROM monitor
        WHERE key = $1
        """, monitor, verdict)
    }
    let page = try #require(
      try StatusPageQueries.load(
        OrganizationID(rawValue: scene.organization), origin: "https://status.test",
        on: scene.connection))
    let component = try #require(page.components.first)
    #expect(component.regions.map(\.name) == ["asia", "eu", "us"])
    #expect(component.regions.map(\.state) == shown.regions)
  }
}
