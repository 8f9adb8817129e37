import Model
import Pages
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a public page tells of the regions of one monitor.
@Suite struct `A region on a public page` {
  /// What the quorum says, of which regions and of which question, and what the page then shows of votes
  /// that are up, degraded and down.
  struct Case: CustomTestStringConvertible {
    var verdict: String?
    var failing: [String] = []
    var isOfPresentQuestion = true
    var shown: [ComponentState]

    var testDescription: String {
      "\(verdict ?? "none") \(failing)\(isOfPresentQuestion ? "" : " of another question")"
    }
  }

  static let cases = [
    Case(verdict: nil, shown: [.noData, .noData, .noData]),
    Case(verdict: "unknown", shown: [.noData, .noData, .noData]),
    Case(verdict: "up", shown: [.up, .up, .up]),
    Case(verdict: "degraded", shown: [.up, .degraded, .degraded]),
    Case(verdict: "regional", failing: ["us"], shown: [.up, .up, .down]),
    Case(verdict: "regional", failing: ["asia"], shown: [.up, .up, .up]),
    Case(verdict: "partial", failing: ["eu", "us"], shown: [.up, .degraded, .down]),
    Case(verdict: "down", shown: [.up, .degraded, .down]),
    Case(verdict: "down", isOfPresentQuestion: false, shown: [.up, .up, .up]),
    Case(verdict: "unknown", isOfPresentQuestion: false, shown: [.noData, .noData, .noData]),
  ]

  @Test(arguments: cases)
  func `is never worse than what the quorum confirmed`(_ told: Case) throws {
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
    if let verdict = told.verdict {
      try scene.connection.query(
        """
        INSERT INTO verdict (monitor_key, organization_id, epoch, started_at, decided_at, verdict,
          policy, tally, votes)
        SELECT key, organization_id, epoch - CASE WHEN $4 THEN 0 ELSE 1 END, now(), now(), $2, '{}',
          jsonb_build_object('regions', to_jsonb($3::text[])), '[]'
        FROM monitor WHERE key = $1
        """, monitor, verdict, told.failing, told.isOfPresentQuestion)
    }
    let page = try #require(
      try StatusPageQueries.load(
        OrganizationID(rawValue: scene.organization), origin: "https://status.test",
        on: scene.connection))
    let component = try #require(page.components.first)
    #expect(component.regions.map(\.name) == ["asia", "eu", "us"])
    #expect(component.regions.map(\.state) == told.shown)
  }
}
