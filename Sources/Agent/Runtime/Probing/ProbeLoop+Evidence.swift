import AgentCore
import Conversing
import Dialogue
import Linux
import Model

extension ProbeLoop {
  /// How much later than its limit a trace may be told.
  private static let traceGraceMs: Int64 = 1_000

  /// Hands over what was seen of a probe, where its outcome changes what is known of its slot.
  func tellEvidence(of record: ProbeRecord, _ transfer: ProbeTransfer) {
    // Nobody stores a record of slot 0.
    guard record.slot != 0 else { return }
    if configuration.keepsAllEvidence { return tell(transfer.evidence(), of: record, transfer) }
    let endedMs = record.startedAtMs &+ Int64(record.total) / 10
    // The last probe of what is no longer assigned leaves nothing to be remembered.
    defer { if transfer.isRemoved { budget.forget(slot: record.slot) } }
    guard budget.wants(slot: record.slot, outcome: record.outcome, nowMs: endedMs) else { return }
    let evidence = transfer.evidence()
    guard !evidence.isEmpty else { return }
    budget.kept(bytes: evidence.byteCount, slot: record.slot, nowMs: endedMs)
    tell(evidence, of: record, transfer)
  }

  /// Hands over evidence, and has the way to its target traced where that may be to blame. The record
  /// does not wait for that.
  private func tell(
    _ evidence: ProbeEvidence, of record: ProbeRecord, _ transfer: ProbeTransfer
  ) {
    let nowMs = clock.nowMicroseconds() / 1_000
    guard !isStopping, case .failed(let failure) = record.outcome, failure.reason.isAboutTheWay,
      let plan = transfer.tracePlan, traces.begins(nowMs: nowMs)
    else { return sink.evidenceFound(evidence, of: record) }
    sink.evidenceFound(
      evidence, of: record,
      tracedByMs: nowMs + TracePlan.limitUs / 1_000 + Self.traceGraceMs)
    tracing[conversations.begin(.trace(plan))] = record
  }
}
