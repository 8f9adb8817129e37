import AgentCore
import Model
import Testing

@Suite struct TraceBudgetTests {
  @Test func `few ways are traced at once`() {
    var budget = TraceBudget()
    #expect((0..<6).map { _ in budget.begins(nowMs: 0) } == [true, true, true, true, false, false])
    budget.ended()
    #expect((0..<2).map { _ in budget.begins(nowMs: 1) } == [true, false])
  }

  @Test func `few ways are traced within a minute, whichever that is`() {
    var budget = TraceBudget()
    var begun: [Int64] = []
    for ms: Int64 in stride(from: 0, through: 180_000, by: 1_000) where budget.begins(nowMs: ms) {
      begun.append(ms)
      budget.ended()
    }
    #expect(begun.count == 37)
    for first in begun {
      #expect(begun.count { (first..<first + 60_000).contains($0) } <= TraceBudget.mostPerMinute)
    }
  }

  @Test func `where descriptors are few, none is traced`() {
    var none = TraceBudget(atOnce: 0)
    #expect((0..<2).count { _ in none.begins(nowMs: 0) } == 0)
    var many = TraceBudget(atOnce: 100)
    #expect((0..<9).count { _ in many.begins(nowMs: 0) } == TraceBudget.mostAtOnce)
  }

  /// The one list of what is traced.
  @Test func `what may be the fault of the way is silence, a broken connection, or no way`() {
    #expect(
      Reason.allCases.filter(\.isAboutTheWay) == [
        .timeoutTotal, .timeoutConnect, .timeoutTLS, .timeoutFirstByte, .timeoutTransfer,
        .timeoutAnswer, .icmpLoss, .tcpFailed, .netUnreachable, .proxyFailed,
      ])
  }
}
