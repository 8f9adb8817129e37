import AgentCore
import Linux
import Testing

@Suite struct LookupGateTests {
  private static let second: Int64 = 1_000_000

  @Test func `lookups that run and those left behind share the room`() {
    var gate = LookupGate(limit: 3)
    for _ in 0..<3 { gate.begin() }
    #expect(!gate.hasRoom)
    gate.end(isLeftBehind: false, nowUs: 0)
    #expect(gate.hasRoom)
    gate.end(isLeftBehind: true, nowUs: 0)
    gate.begin()
    #expect(!gate.hasRoom)
    #expect(gate.active == 2 && gate.leftCount == 1)
  }

  @Test func `what was left behind counts for as long as there are threads for it`() {
    var gate = LookupGate(limit: 100)
    for _ in 0..<50 { gate.begin() }
    for _ in 0..<40 { gate.end(isLeftBehind: true, nowUs: 0) }
    gate.note(threads: 53, nowUs: Self.second)
    #expect(gate.leftCount == 40)
    gate.note(threads: 30, nowUs: Self.second)
    #expect(gate.leftCount == 20)
    gate.note(threads: 3, nowUs: Self.second)
    #expect(gate.leftCount == 0)
    #expect(gate.active == 10)
  }

  @Test func `where threads can't be counted, what was left behind is forgotten in the end`() {
    var gate = LookupGate(limit: 1)
    gate.begin()
    gate.end(isLeftBehind: true, nowUs: 0)
    gate.note(threads: nil, nowUs: 100 * Self.second)
    #expect(!gate.hasRoom)
    gate.note(threads: nil, nowUs: 121 * Self.second)
    #expect(gate.hasRoom)
  }

  @Test func `the kernel counts threads`() async throws {
    let count = try ThreadCount()
    let before = try #require(count.now)
    #expect(before >= 1)
    let inside = await offPool { (try? ThreadCount())?.now ?? 0 }
    #expect(inside >= 2)
  }
}
