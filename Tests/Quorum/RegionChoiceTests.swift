import Quorum
import Testing

struct RegionChoiceTests {
  private typealias Candidate = RegionChoice.Candidate

  private func candidates(_ providers: [String: Int], held: Set<String> = []) -> [Candidate] {
    providers.flatMap { provider, count in
      (0..<count).map { index in
        let region = "\(provider)-\(index)"
        return Candidate(region: region, provider: provider, isHeld: held.contains(region))
      }
    }
  }

  private func counts(_ regions: [String]) -> [String: Int] {
    regions.reduce(into: [:]) { $0[String($1.prefix { $0 != "-" }), default: 0] += 1 }
  }

  @Test func `all vote where they are no more than may`() {
    #expect(
      RegionChoice.choose(monitor: 1, among: candidates(["b": 1, "a": 2]))
        == ["a-0", "a-1", "b-0"])
    #expect(RegionChoice.choose(monitor: 1, among: []) == [])
  }

  @Test(arguments: 1...50 as ClosedRange<Int64>)
  func `providers share the seats as evenly as they can`(monitor: Int64) {
    let chosen = RegionChoice.choose(
      monitor: monitor, among: candidates(["big": 20, "mid": 5, "one": 1, "two": 2]))
    #expect(
      counts(chosen) == ["big": 4, "mid": 3, "one": 1, "two": 2]
        || counts(chosen) == ["big": 3, "mid": 4, "one": 1, "two": 2])
    #expect(chosen == chosen.sorted())
  }

  @Test func `different monitors use different regions`() {
    let all = candidates(["big": 40])
    let used = Set((1...50).flatMap { RegionChoice.choose(monitor: $0, among: all) })
    #expect(used.count == 40)
  }

  @Test(arguments: 1...50 as ClosedRange<Int64>)
  func `a region that comes moves another only for a provider that has fewer`(monitor: Int64) {
    let before = RegionChoice.choose(monitor: monitor, among: candidates(["big": 20, "mid": 3]))
    let more = RegionChoice.choose(
      monitor: monitor, among: candidates(["big": 30, "mid": 3], held: Set(before)))
    #expect(more == before)
    let other = RegionChoice.choose(
      monitor: monitor, among: candidates(["big": 30, "mid": 3, "new": 1], held: Set(before)))
    #expect(Set(other).subtracting(before) == ["new-0"])
  }
}
