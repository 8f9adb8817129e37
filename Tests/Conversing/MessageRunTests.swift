import Dialogue
import Model
import Testing

/// A question and its answer over a stream, as a value.
struct MessageRunTests {
  @Test func `a question goes behind its length, and an answer is met once it is whole`() {
    let answer: [UInt8] = [1, 2, 3]
    for pieces in everySplit([0, 3] + answer) {
      var run = MessageRun([7, 8])
      #expect(run.begin() == [.send([0, 2, 7, 8])])
      #expect(pieces.flatMap { run.take($0) } == [.met])
      #expect(run.answer == answer)
      #expect(run.take([9]) == [] && run.closed() == [])
    }
  }

  @Test func `an answer may be empty, or as long as its length can say`() {
    var empty = MessageRun([])
    #expect(empty.take([0, 0]) == [.met])
    #expect(empty.answer == [])
    var long = MessageRun([])
    let bytes = [UInt8](repeating: 5, count: 65_535)
    #expect(long.take([255, 255] + bytes + [1]) == [.met])
    #expect(long.answer == bytes)
  }

  private static let early: [([UInt8], Reason)] = [
    ([], .tcpClosed), ([0], .protocolIncomplete), ([0, 2, 1], .protocolIncomplete),
  ]

  @Test(arguments: early)
  func `a peer that closes early is told by what it had said`(_ heard: [UInt8], _ reason: Reason) {
    var run = MessageRun([1])
    #expect(run.take(heard) == [])
    guard case .failed(let failure)? = run.closed().last else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.reason == reason)
    #expect(run.answer == nil)
  }

  @Test func `a question that is too long for its length is the agent's own trouble`() {
    var run = MessageRun([UInt8](repeating: 0, count: 65_536))
    guard case .failed(let failure)? = run.begin().last else {
      Issue.record("it did not fail")
      return
    }
    #expect(failure.failureClass == .agent)
    #expect(run.take([0, 0]) == [])
  }
}
