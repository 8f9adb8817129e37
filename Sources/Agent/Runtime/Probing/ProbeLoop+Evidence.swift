import AgentCore
import Model

extension ProbeLoop {
  /// Hands over what was seen of a probe, where its outcome changes what is known of its slot.
  func tellEvidence(of record: ProbeRecord, _ transfer: ProbeTransfer) {
    // Nobody stores a record of slot 0.
    guard record.slot != 0 else { return }
    if configuration.keepsAllEvidence {
      return sink.evidenceFound(transfer.evidence(), of: record)
    }
    let endedMs = record.startedAtMs &+ Int64(record.total) / 10
    // The last probe of what is no longer assigned leaves nothing to be remembered.
    defer { if transfer.isRemoved { budget.forget(slot: record.slot) } }
    guard budget.wants(slot: record.slot, outcome: record.outcome, nowMs: endedMs) else { return }
    let evidence = transfer.evidence()
    guard !evidence.isEmpty else { return }
    budget.kept(bytes: evidence.byteCount, slot: record.slot, nowMs: endedMs)
    sink.evidenceFound(evidence, of: record)
  }
}
