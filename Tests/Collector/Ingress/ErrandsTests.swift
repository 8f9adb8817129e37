import Model
import Testing
import Wire

@testable import Ingress

struct ErrandsTests {
  @Test func `one telling is under way at a time, and takes all that waits`() {
    var errands = Errands()
    #expect(errands.next() == nil)
    errands.wantsProbes = true
    errands.overdue = [1, 2]
    #expect(errands.next()?.overdue == [1, 2])
    errands.overdue = [3]
    #expect(errands.next() == nil)
    errands.answered(hasMoreProbes: false)
    let next = errands.next()
    #expect(next?.overdue == [3] && next?.wantsProbes == false)
  }

  @Test func `whoever was given all that fits in one answer asks again`() {
    var errands = Errands()
    errands.wantsProbes = true
    _ = errands.next()
    errands.answered(hasMoreProbes: true)
    #expect(errands.next()?.wantsProbes == true)
  }

  @Test func `what was not told waits for the next telling, within bounds`() throws {
    var errands = Errands()
    errands.wantsProbes = true
    errands.overdue = [1]
    errands.done = [ProbeDone(id: .random(), stream: .zero, sequence: 0)]
    let taken = errands.next()
    let first = try #require(taken)
    errands.overdue = Set(2...9_999)
    errands.done = (0..<10_000).map { _ in ProbeDone(id: .random(), stream: .random(), sequence: 1)
    }
    errands.failed(first)
    #expect(errands.next() == nil)
    errands.retry()
    let again = errands.next()
    let second = try #require(again)
    #expect(second.wantsProbes && second.overdue.contains(1))
    #expect(second.done.count == Errands.limit && !second.done.contains { $0.isDropped })
    errands.overdue = Set(0...Int64(Errands.limit))
    errands.failed(second)
    errands.retry()
    #expect(errands.next()?.overdue.count == Errands.limit + 1)
  }

  @Test func `what was tried waits for the next telling too, the newest of it`() throws {
    func tried() -> Tried {
      Tried(
        id: .random(), record: ProbeRecord(slot: 0, startedAtMs: 1, total: 1, outcome: .up),
        attempts: [])
    }
    var errands = Errands()
    errands.wantsTries = true
    errands.tried = [tried()]
    let taken = errands.next()
    let first = try #require(taken)
    #expect(first.wantsTries && first.tried.count == 1)
    errands.tried = (0..<Errands.mostTried).map { _ in tried() }
    let newest = errands.tried
    errands.failed(first)
    errands.retry()
    let second = errands.next()
    #expect(second?.wantsTries == true && second?.tried == newest)
  }
}
