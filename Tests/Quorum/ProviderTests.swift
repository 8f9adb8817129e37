import Testing

@testable import Quorum

@Suite struct `A provider` {
  let minute: Int64 = 60_000

  /// Regions a, b, c of provider p; d, e of q.
  func world(failing: [String], domains: [String: String]? = nil) -> World {
    var world = World(regions: ["a", "b", "c", "d", "e"])
    world.domains = domains ?? ["a": "p", "b": "p", "c": "p", "d": "q", "e": "q"]
    let minute = minute
    world.truth = { region, at in
      failing.contains(region) && (10 * minute..<20 * minute).contains(at) ? .refused : .up
    }
    world.run(until: 30 * minute)
    return world
  }

  @Test(
    arguments: [
      (["a", "b", "c"], "p"), (["a", "b"], "p"), (["d", "e"], "q"),
      // Not most of its regions; not one provider's.
      (["a"], nil), (["d"], nil), (["a", "d"], nil),
    ] as [([String], String?)])
  func `most of whose regions fail while others are up is named`(
    _ failing: [String], _ domain: String?
  ) {
    let world = world(failing: failing)
    #expect(world.said.first == .up && world.said.last == .up)
    #expect(!world.said.contains(.down))
    let named = Set(world.verdicts.compactMap(\.domain))
    #expect(named == (domain.map { [$0] } ?? []))
    #expect(world.verdicts.allSatisfy { $0.domain == nil || $0.verdict == .regional })
    #expect(world.incidents.count == 1 && world.incidents[0].endedAt != nil)
  }

  @Test func `with a single region is not named: that is the region's matter`() {
    let world = world(
      failing: ["a"], domains: ["a": "p", "b": "q", "c": "r", "d": "s", "e": "t"])
    #expect(world.said == [.up, .regional, .up])
    #expect(world.verdicts.allSatisfy { $0.domain == nil })
  }

  @Test func `that runs all agents is not told from the target`() {
    let all = ["a": "p", "b": "p", "c": "p", "d": "p", "e": "p"]
    let world = world(failing: ["a", "b", "c"], domains: all)
    #expect(world.verdicts.allSatisfy { $0.domain == nil })
  }
}
