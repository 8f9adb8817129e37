import Linux
import Model
import Probing
import Synchronization

/// Counts records.
final class BenchSink: ProbeSink {
  struct Counts {
    var ended = 0
    var up = 0
    var firstFailure: String?
    var totals: Int64 = 0
    /// How many are waited for.
    fileprivate var goal = Int.max
  }

  private let counts = Mutex(Counts())
  private let done: WakeUpBox

  final class WakeUpBox: Sendable {
    let wakeUp: WakeUp
    init() throws(SystemError) { wakeUp = try WakeUp() }
  }

  init() throws {
    done = try WakeUpBox()
  }

  /// Waits until so many more have ended, and counts these alone.
  func wait(for goal: Int) throws -> Counts {
    counts.withLock {
      $0 = Counts()
      $0.goal = goal
    }
    let queue = try EventQueue()
    try queue.add(done.wakeUp.descriptor, for: .readable, token: 0)
    while try queue.wait(nanoseconds: nil) == 0 {}
    done.wakeUp.drain()
    return counts.withLock { $0 }
  }

  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex {
    InFlightIndex(rawValue: 0)
  }

  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    let isEnough = counts.withLock { counts in
      counts.ended += 1
      counts.totals += Int64(record.total)
      if record.outcome == .up { counts.up += 1 }
      if let failure = record.outcome.failure, counts.firstFailure == nil {
        counts.firstFailure = failure.detail
      }
      return counts.ended == counts.goal
    }
    if isEnough { done.wakeUp.signal() }
  }

  func probeOverdue(slot: UInt64, runningMs: UInt32) {}

  func requestDropped(_ request: ProbeRequestID) {}
}
