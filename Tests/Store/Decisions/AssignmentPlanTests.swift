import Quorum
import Testing

@testable import Store

struct AssignmentPlanTests {
  private func agent(_ key: AgentKey, _ region: String, _ provider: String) -> AssignmentPlan.Agent
  {
    AssignmentPlan.Agent(
      key: key, organizationID: nil, region: region, provider: provider, live: true, stable: true)
  }

  private let monitor = AssignmentPlan.Monitor(
    key: 7, slot: 70, organizationID: 1, intervalMs: 60_000, timeoutMs: 1000, regions: nil)

  @Test func `phases stay while agents come, and are dealt anew when they have come`() {
    let two = AssignmentPlan(agents: [agent(1, "b", "x"), agent(2, "c", "y")])
    let present = two.rows(for: [monitor], present: [], unsettled: [nil])
    #expect(Set(present.map(\.phaseMs)).count == 2)
    let three = AssignmentPlan(
      agents: [agent(1, "b", "x"), agent(2, "c", "y"), agent(3, "a", "z")])
    let meanwhile = three.rows(for: [monitor], present: present, unsettled: [nil])
    #expect(meanwhile.count == 3)
    #expect(Set(meanwhile).isSuperset(of: present))
    let settled = three.rows(for: [monitor], present: meanwhile)
    #expect(settled == three.rows(for: [monitor], present: []))
    #expect(settled != meanwhile)
    // A new question is spread as it should be at once.
    var edited = monitor
    edited.slot = 71
    #expect(
      Set(three.rows(for: [edited], present: meanwhile, unsettled: [nil]).map(\.phaseMs))
        == Set(settled.map(\.phaseMs)))
  }

  @Test func `of more than ten regions those of every provider vote`() {
    let agents =
      (1...15).map { agent($0, "big-\($0)", "big") }
      + [agent(20, "other", "other"), agent(21, "third", "third")]
    let rows = AssignmentPlan(agents: agents).rows(for: [monitor], present: [])
    #expect(rows.count == 10)
    #expect(Set(rows.map(\.agent)).isSuperset(of: [20, 21]))
  }
}
