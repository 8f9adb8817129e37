import Linux
import Model
import Probing
import Synchronization

/// Counts records, and asks for the next probe of a target when the last has ended.
final class BenchSink: ProbeSink {
  struct Counts {
    var ended = 0
    var up = 0
    var firstFailure: String?
    var totals: Int64 = 0
  }

  private let counts = Mutex(Counts())
  private let count: Int
  private let done: WakeUpBox
  private let again = Mutex(Again())

  /// A closure in a `Mutex` of its own would be wrapped once more by every look at it.
  private struct Again {
    var call: (@Sendable (UInt64) -> Void)?
  }

  final class WakeUpBox: Sendable {
    let wakeUp: WakeUp
    init() throws(SystemError) { wakeUp = try WakeUp() }
  }

  init(count: Int) throws {
    self.count = count
    done = try WakeUpBox()
  }

  /// What to do when a probe of a slot has ended and more are to be made.
  func whenEnded(_ again: @escaping @Sendable (UInt64) -> Void) {
    self.again.withLock { $0.call = again }
  }

  func wait() throws -> Counts {
    let queue = try EventQueue()
    try queue.add(done.wakeUp.descriptor, for: .readable, token: 0)
    while try queue.wait(nanoseconds: nil) == 0 {}
    return counts.withLock { $0 }
  }

  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex {
    InFlightIndex(rawValue: 0)
  }

  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    let ended = counts.withLock { counts in
      counts.ended += 1
      counts.totals += Int64(record.total)
      if record.outcome == .up { counts.up += 1 }
      if let failure = record.outcome.failure, counts.firstFailure == nil {
        counts.firstFailure = failure.detail
      }
      return counts.ended
    }
    if ended == count { done.wakeUp.signal() }
    if ended < count { again.withLock { $0.call }?(record.slot) }
  }

  func probeOverdue(slot: UInt64, runningMs: UInt32) {}

  func requestDropped(_ request: ProbeRequestID) {}
}
