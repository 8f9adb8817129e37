import AgentCore
import Linux
import Probing
import Spool
import Wire

extension Shipper {
  /// What a live session wants from time to time: ALIVE, a measure of the clock, a longer lease.
  func tendSession(_ nowMs: Int64) {
    guard machine.maySend, session?.isProven == true else { return }
    let failing = prober.statistics.failingTargets
    let isNews =
      lastAlive.map {
        ($0.revision != table.revision || $0.failing != failing) && nowMs - $0.sentMs >= 1_000
      } ?? true
    if isNews || nowMs >= schedule.alive { sendAlive(nowMs) }
    if nowMs >= schedule.time {
      schedule.time = nowMs + ClockEstimate.intervalMs(samples: estimate.sampleCount)
      send(TimeRequest(t1: clock.nowMs()))
    }
    extendLease()
    if nowMs >= schedule.lease {
      schedule.lease = nowMs + 600_000
      saveAssignment()
    }
  }

  /// Counts steps of the wall clock, by which people and logs go; nothing here is timed by it.
  func watchWallClock(_ nowMs: Int64) {
    let leadMs = AgentClock.wallMs() - nowMs
    if let wallLeadMs, abs(leadMs - wallLeadMs) > 1_000 {
      clockSteps += 1
      log.warning("the wall clock was stepped", ["by_ms": "\(leadMs - wallLeadMs)"])
    }
    wallLeadMs = leadMs
  }

  private func sendAlive(_ nowMs: Int64) {
    // The records that ALIVE's own numbers speak of go before it.
    sealRecords(nowMs)
    sendBatches(nowMs)
    let statistics = prober.statistics
    // What is on its way may still be refused or lost: the watermark waits for its ack.
    let watermarkMs = min(sealedWatermarkMs, ledger.unackedFloorMs ?? Int64.max)
    send(
      Alive(
        assignmentRevision: table.revision, watermarkMs: watermarkMs, nowMs: clock.nowMs(),
        loopLagMs: UInt64(statistics.loopLagP99Ms), canaries: canaries.bitmaps,
        clockSteps: clockSteps,
        failingTargets: UInt64(statistics.failingTargets),
        spoolBytes: UInt64(spool.byteCount), droppedResults: counters.lostResults,
        canarySetMs: canaries.last?.startedMs ?? 0))
    schedule.alive = nowMs + configuration.aliveMs
    lastAlive = (table.revision, statistics.failingTargets, nowMs)
  }

  /// Writes the status file every five seconds, for `upblit-agent status`.
  func writeStatus(_ nowMs: Int64, isLast: Bool = false) {
    guard isLast || nowMs >= schedule.status else { return }
    schedule.status = nowMs + 5_000
    let statistics = prober.statistics
    var lines: [(String, String)] = [
      ("agent", "\(identity.agent)"), ("region", identity.region),
      ("provider", identity.provider), ("software", configuration.software),
      ("state", isLast ? "stopped" : stateWord),
      ("collector", session.map { "\($0.collector)" } ?? ""), ("last_error", lastError),
      ("written_ms", "\(AgentClock.wallMs())"),
    ]
    let numbers: [(String, Int)] = [
      ("assignment_revision", Int(clamping: table.revision)), ("targets", table.count),
      ("lease_s", Int(max(0, (leaseEndsMs - nowMs) / 1000))),
      ("probes_running", statistics.inFlight), ("probes_finished", Int(statistics.finishedProbes)),
      ("targets_failing", statistics.failingTargets), ("canaries", canaries.canaries.count),
      ("canaries_failing", canaries.last?.failing.nonzeroBitCount ?? 0),
      ("loop_lag_p99_ms", Int(statistics.loopLagP99Ms)), ("batches_unacked", ledger.unackedCount),
      ("batches_sent", Int(counters.sentBatches)), ("sessions", counters.sessions),
      ("spool_bytes", spool.byteCount), ("evidence_bytes", spool.evidenceBytes),
      ("evidence_dropped", Int(clamping: inbox.withEvidence { $0.dropped })),
      ("results_lost", Int(clamping: counters.lostResults)),
      ("records_rejected", Int(clamping: counters.rejectedRecords)),
      ("clock_offset_ms", Int(estimate.offsetMs)), ("key_id", Int(maker.keyID)),
    ]
    lines += numbers.map { ($0.0, "\($0.1)") }
    let text = lines.map { key, value in "\(key) = \"\(value.plain)\"\n" }.joined()
    try? Files.overwrite(state.statusPath, with: Array(text.utf8))
  }

  private var stateWord: String {
    switch machine.state {
    case .waiting: "waiting"
    case .connecting, .greeted, .proving: "connecting"
    case .live: "live"
    case .draining: "draining"
    case .stopping: "stopping"
    case .stopped: "stopped"
    }
  }
}
