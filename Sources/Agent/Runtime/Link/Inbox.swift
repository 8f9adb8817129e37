import AgentCore
import Linux
import Model
import Probing
import Spool
import Synchronization
import Wire

/// What other threads tell the shipper, and the way to wake it.
public final class Inbox: Sendable {
  /// What came since the last look.
  struct Contents {
    var overdue: [(slot: UInt64, runningMs: UInt32)] = []
    var dropped: [ProbeRequestID] = []
    var tried: [Tried] = []
    var canaryAnswers: [(set: UInt64, index: Int, passed: Bool)] = []
    /// The end of the youngest probe that failed ambiguously.
    var ambiguousMs: Int64?
    var stopUntilMs: Int64?
  }

  /// The most words of one kind that wait; more of them are of no use to anyone.
  private static let limit = 4_096
  /// Likewise of checks that were tried.
  private static let mostTried = 64

  private let contents = Mutex(Contents())
  private let beat = Atomic<Int64>(0)
  private let evidence = Mutex(EvidenceShelf())
  let wakeUp: WakeUp

  public init() throws(SystemError) {
    wakeUp = try WakeUp()
  }

  func take() -> Contents {
    contents.withLock { contents in
      defer { contents = Contents() }
      return contents
    }
  }

  /// Looks at and changes the evidence that is on its way to the spool.
  func withEvidence<Result: Sendable>(_ body: (inout EvidenceShelf) -> Result) -> Result {
    evidence.withLock { body(&$0) }
  }

  /// When the shipper last went round its loop, in milliseconds of agent time.
  public var lastBeatMs: Int64 { beat.load(ordering: .relaxed) }

  func noteBeat(_ nowMs: Int64) { beat.store(nowMs, ordering: .relaxed) }

  func overdue(slot: UInt64, runningMs: UInt32) {
    contents.withLock {
      if $0.overdue.count < Self.limit { $0.overdue.append((slot, runningMs)) }
    }
    wakeUp.signal()
  }

  func dropped(_ request: ProbeRequestID) {
    contents.withLock { if $0.dropped.count < Self.limit { $0.dropped.append(request) } }
    wakeUp.signal()
  }

  func tried(_ answer: Tried) {
    contents.withLock { if $0.tried.count < Self.mostTried { $0.tried.append(answer) } }
    wakeUp.signal()
  }

  func canaryAnswered(set: UInt64, index: Int, passed: Bool) {
    contents.withLock {
      if $0.canaryAnswers.count < Self.limit { $0.canaryAnswers.append((set, index, passed)) }
    }
    wakeUp.signal()
  }

  /// A probe that ended at `endedMs` failed in a way that the agent's surroundings could explain.
  func failedAmbiguously(endedMs: Int64) {
    contents.withLock { $0.ambiguousMs = max($0.ambiguousMs ?? endedMs, endedMs) }
    wakeUp.signal()
  }

  /// Asks the shipper to send what is left, to wait for acks until then, and to end.
  public func stop(untilMs: Int64) {
    contents.withLock { $0.stopUntilMs = untilMs }
    wakeUp.signal()
  }
}

/// The prober's way to the journal and the shipper.
public struct JournalSink: ProbeSink {
  private let journal: Journal
  private let inbox: Inbox
  private let clock: AgentClock

  public init(journal: Journal, inbox: Inbox, clock: AgentClock) {
    self.journal = journal
    self.inbox = inbox
    self.clock = clock
  }

  public func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex {
    InFlightIndex(rawValue: journal.started(slot: slot, startedAtMs: startedAtMs))
  }

  public func evidenceFound(_ evidence: ProbeEvidence, of record: ProbeRecord) {
    inbox.withEvidence {
      $0.add(evidence, slot: record.slot, startedAtMs: record.startedAtMs)
    }
  }

  public func evidenceFound(
    _ evidence: ProbeEvidence, of record: ProbeRecord, tracedByMs: Int64
  ) {
    inbox.withEvidence {
      $0.add(
        evidence, slot: record.slot, startedAtMs: record.startedAtMs, heldUntilMs: tracedByMs)
    }
  }

  public func traceFound(_ trace: [UInt8], of record: ProbeRecord) {
    inbox.withEvidence {
      $0.complete(slot: record.slot, startedAtMs: record.startedAtMs, trace: trace)
    }
  }

  public func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    let wish = journal.finished(record, running: inFlight.rawValue, nowMs: clock.nowMs())
    if wish != .nothing { inbox.wakeUp.signal() }
    if case .failed(let failure) = record.outcome, failure.failureClass.standing == .ambiguous {
      inbox.failedAmbiguously(endedMs: record.startedAtMs + Int64(record.total) / 10)
    }
  }

  public func canaryAnswered(set: UInt64, index: Int, passed: Bool) {
    inbox.canaryAnswered(set: set, index: index, passed: passed)
  }

  public func tried(_ request: ProbeRequestID, _ record: ProbeRecord, attempts: [UInt8]) {
    var record = record
    record.request = nil
    inbox.tried(Tried(id: request, record: record, attempts: attempts))
  }

  public func probeOverdue(slot: UInt64, runningMs: UInt32) {
    inbox.overdue(slot: slot, runningMs: runningMs)
  }

  public func requestDropped(_ request: ProbeRequestID) {
    inbox.dropped(request)
  }
}
