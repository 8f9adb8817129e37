import AgentCore
import Linux
import Model
import Probing
import Synchronization
import Testing

/// Keeps the records, and lets a test wait for one.
final class ProbeTray: ProbeSink {
  private let records = Mutex<[ProbeRequestID: (ProbeRecord, ProbeEvidence)]>([:])
  private let evidence = Mutex<[UInt64: ProbeEvidence]>([:])
  private let waiting = Mutex<[ProbeRequestID: CheckedContinuation<Void, Never>]>([:])

  func record(_ id: ProbeRequestID) async -> (ProbeRecord, ProbeEvidence)? {
    await withCheckedContinuation { continuation in
      let isThere = waiting.withLock { waiting in
        if records.withLock({ $0[id] != nil }) { return true }
        waiting[id] = continuation
        return false
      }
      if isThere { continuation.resume() }
    }
    return records.withLock { $0[id] }
  }

  func probeStarted(slot: UInt64, startedAtMs: Int64) -> InFlightIndex { .init(rawValue: 0) }
  func evidenceFound(_ found: ProbeEvidence, of record: ProbeRecord) {
    evidence.withLock { $0[record.slot] = found }
  }
  func probeFinished(_ record: ProbeRecord, inFlight: InFlightIndex) {
    guard let id = record.request else { return }
    let found = evidence.withLock { $0.removeValue(forKey: record.slot) } ?? ProbeEvidence()
    waiting.withLock { waiting in
      records.withLock { $0[id] = (record, found) }
      waiting.removeValue(forKey: id)?.resume()
    }
  }
  func probeOverdue(slot: UInt64, runningMs: UInt32) {}
  func requestDropped(_ request: ProbeRequestID) { Issue.record("dropped") }

  /// What a prober of its own, which may ask this host, finds of a check.
  static func probe(
    _ check: Check, timeoutMs: UInt32 = 5_000, _ change: (inout ProberConfiguration) -> Void
  ) async throws -> (ProbeRecord, ProbeEvidence) {
    let tray = ProbeTray()
    var configuration = ProberConfiguration()
    configuration.allowsLoopback = true
    configuration.keepsAllEvidence = true
    change(&configuration)
    let prober = Prober(
      configuration: configuration, agent: .zero, clock: AgentClock(), sink: tray)
    try prober.start()
    let id = ProbeRequestID(high: 0, low: 1)
    prober.probeNow(
      id,
      target: AssignedTarget(
        slot: 1, monitor: .zero, intervalSeconds: 60, timeoutMs: timeoutMs, phaseMs: 0,
        question: .check(check)), deadlineMs: 60_000)
    let found = try #require(await tray.record(id))
    prober.stop()
    return found
  }
}
