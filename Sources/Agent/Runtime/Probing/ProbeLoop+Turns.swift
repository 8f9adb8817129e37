import AgentCore
import Curl
import Linux
import Model

/// From a target that is due to its record.
extension ProbeLoop {
  func beginDue() {
    guard !isStopping else { return }
    let nowUs = clock.nowMicroseconds()
    while let directive = schedule.next(nowUs: nowUs) {
      switch directive {
      case .probe(let entry, let dueUs):
        lag.note(lateUs: nowUs - dueUs, nowUs: nowUs)
        guard let transfer = targets[entry] else { continue }
        if waitingTargets.isEmpty, running.count < mostRunning {
          beginOrWaitForLookup(transfer)
        } else {
          transfer.isWaiting = true
          waitingTargets.append(transfer)
        }
      case .skip, .missed:
        // Counted by the schedule.
        continue
      }
    }
    while running.count < mostRunning, runningRequests < mostRequests,
      let transfer = waitingRequests.popFirst()
    {
      beginOrWaitForLookup(transfer)
    }
    while running.count < mostRunning, let transfer = waitingTargets.popFirst() {
      transfer.isWaiting = false
      beginOrWaitForLookup(transfer)
    }
  }

  /// How many probes may run now: lookups that were left behind hold descriptors too.
  private var mostRunning: Int { max(1, maximumConcurrent - lookups.gate.leftCount) }

  /// Begins a probe, unless as many names are looked up as may be: then it waits, and others go on.
  private func beginOrWaitForLookup(_ transfer: ProbeTransfer) {
    guard transfer.needsLookup, !waitingLookups.isEmpty || !lookups.gate.hasRoom else {
      return begin(transfer)
    }
    transfer.isWaiting = transfer.request == nil
    transfer.waitingSinceUs = clock.nowMicroseconds()
    waitingLookups.append(transfer)
  }

  /// Begins probes that wait to look their name up, and ends those that waited as long as they may:
  /// these say nothing about their targets.
  func tendLookups() {
    guard !waitingLookups.isEmpty || lookups.gate.leftCount > 0 else { return }
    let nowUs = clock.nowMicroseconds()
    if nowUs >= lookupCheckDueUs {
      lookupCheckDueUs = nowUs + Self.lookupCheckUs
      lookups.count(nowUs: nowUs)
      var late: [ProbeTransfer] = []
      waitingLookups.removeAll { transfer in
        let isLate = nowUs - transfer.waitingSinceUs > Int64(transfer.target.timeoutMs) * 1_000
        if isLate { late.append(transfer) }
        return isLate
      }
      for transfer in late { giveUpLookup(transfer, nowUs: nowUs) }
    }
    while running.count < mostRunning, lookups.gate.hasRoom,
      let transfer = waitingLookups.popFirst()
    {
      transfer.isWaiting = false
      if transfer.request != nil, runningRequests >= mostRequests {
        // It waits with the other requests, and does not keep targets waiting.
        waitingRequests.append(transfer)
      } else {
        begin(transfer)
      }
    }
  }

  private func giveUpLookup(_ transfer: ProbeTransfer, nowUs: Int64) {
    transfer.isWaiting = false
    let startedAtMs = start(of: transfer, nowMs: nowUs / 1_000)
    transfer.inFlight = sink.probeStarted(slot: transfer.target.slot, startedAtMs: startedAtMs)
    transfer.wasNotBegun(startedAtMs: startedAtMs, nowUs: nowUs)
    finish(transfer, transfer.unasked(lookups.refusal, .agentOverload, nowUs: nowUs))
  }

  /// Whether something that waits could begin now.
  var hasRoom: Bool {
    running.count < mostRunning && !isStopping
      && (!waitingTargets.isEmpty || (!waitingLookups.isEmpty && lookups.gate.hasRoom)
        || (!waitingRequests.isEmpty && runningRequests < mostRequests))
  }

  private var mostRequests: Int {
    max(configuration.leastConcurrentRequests, entriesBySlot.count / 4)
  }

  func begin(_ transfer: ProbeTransfer) {
    let nowUs = clock.nowMicroseconds()
    let startedAtMs =
      transfer.canary == nil ? start(of: transfer, nowMs: nowUs / 1_000) : nowUs / 1_000
    if let target = scheduledTarget(of: transfer) { transfer.take(from: target) }
    if transfer.canary == nil {
      transfer.inFlight = sink.probeStarted(slot: transfer.target.slot, startedAtMs: startedAtMs)
    }
    if let reason = transfer.begin(
      startedAtMs: startedAtMs, nowUs: nowUs, agent: agent, configuration: configuration)
    {
      finish(transfer, transfer.unasked(reason, transfer.reasonNotToAsk, nowUs: nowUs))
      return
    }
    guard let multi, let handle = transfer.handle else { return }
    handle.tag = running.count
    transfer.runningIndex = running.count
    running.append(transfer)
    if transfer.request != nil { runningRequests += 1 }
    do {
      try multi.add(handle)
    } catch {
      takeOutOfRunning(transfer)
      finish(transfer, transfer.unasked("the probe can't be begun: \(error)", nowUs: nowUs))
      return
    }
    overdueCheckUs = min(overdueCheckUs, nowUs + 1_500_000)
  }

  /// The scheduled target that a "probe now" asks the same slot as.
  private func scheduledTarget(of transfer: ProbeTransfer) -> ProbeTransfer? {
    guard transfer.request != nil, let entry = entriesBySlot[transfer.target.slot] else {
      return nil
    }
    return targets[entry]
  }

  private func start(of transfer: ProbeTransfer, nowMs: Int64) -> Int64 {
    if transfer.entry >= 0 { return schedule.start(entry: transfer.entry, nowMs: nowMs) }
    let slot = transfer.target.slot
    if let entry = entriesBySlot[slot] { return schedule.start(entry: entry, nowMs: nowMs) }
    if unassignedStarts.count > 4_096 {
      unassignedStarts = unassignedStarts.filter { $0.value >= nowMs }
    }
    let start = max(nowMs, unassignedStarts[slot].map { $0 + 1 } ?? .min)
    unassignedStarts[slot] = start
    return start
  }

  func endFinished(_ multi: MultiHandle) {
    while let (handle, code) = multi.nextEnded() {
      let transfer = running[handle.tag]
      multi.remove(handle)
      let nowUs = clock.nowMicroseconds()
      // Where the limit ended the lookup its thread stays behind.
      transfer.endLookup(isLeftBehind: code == .timedOut, nowUs: nowUs)
      if transfer.continues(after: code, nowUs: nowUs) {
        do {
          try multi.add(handle)
          continue
        } catch {
          takeOutOfRunning(transfer)
          finish(
            transfer, transfer.unasked("the redirect can't be followed: \(error)", nowUs: nowUs))
          continue
        }
      }
      takeOutOfRunning(transfer)
      finish(transfer, transfer.end(code, nowUs: nowUs))
    }
  }

  private func takeOutOfRunning(_ transfer: ProbeTransfer) {
    transfer.endLookup(isLeftBehind: false, nowUs: clock.nowMicroseconds())
    let index = transfer.runningIndex
    let last = running.removeLast()
    if last !== transfer {
      running[index] = last
      last.runningIndex = index
      last.handle?.tag = index
    }
    transfer.runningIndex = -1
    if transfer.request != nil { runningRequests -= 1 }
  }

  private func finish(_ transfer: ProbeTransfer, _ record: ProbeRecord) {
    if let canary = transfer.canary {
      return sink.canaryAnswered(
        set: canary.set, index: canary.index, passed: record.outcome.isUp)
    }
    tellEvidence(of: record, transfer)
    transfer.rest()
    sink.probeFinished(record, inFlight: transfer.inFlight)
    report.statistics.finishedProbes &+= 1
    guard transfer.entry >= 0 else {
      if let target = scheduledTarget(of: transfer), target.runningIndex < 0 {
        target.take(from: transfer)
      }
      return
    }
    note(record, of: transfer)
    if entriesBySlot.count > Self.mostKeptHandles { transfer.dropHandle() }
    if schedule.ended(entry: transfer.entry) {
      free(transfer)
    } else if let successor = transfer.successor {
      transfer.successor = nil
      transfer.replace(with: successor)
    }
  }

  private func note(_ record: ProbeRecord, of transfer: ProbeTransfer) {
    let isFailing: Bool
    switch record.outcome {
    case .up, .degraded:
      isFailing = false
      transfer.slowness.note(totalMs: Float(record.total) / 10)
    case .failed(let failure):
      // The agent's own trouble says nothing about the target.
      isFailing = failure.failureClass == .agent ? transfer.isFailing : true
    }
    guard isFailing != transfer.isFailing, !transfer.isRemoved else { return }
    transfer.isFailing = isFailing
    report.statistics.failingTargets += isFailing ? 1 : -1
  }

  func reportOverdue(nowUs: Int64) {
    overdueCheckUs = .max
    for transfer in running
    where transfer.entry >= 0 && !transfer.isReportedOverdue {
      let overdueUs = transfer.startedUs + transfer.slowness.overdueAfterMs * 1_000
      if nowUs >= overdueUs {
        transfer.isReportedOverdue = true
        sink.probeOverdue(
          slot: transfer.target.slot,
          runningMs: UInt32(clamping: (nowUs - transfer.startedUs) / 1_000))
      } else {
        overdueCheckUs = min(overdueCheckUs, overdueUs)
      }
    }
  }
}
