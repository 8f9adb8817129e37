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
        if waitingTargets.isEmpty, busy < maximumConcurrent {
          begin(transfer)
        } else {
          transfer.isWaiting = true
          waitingTargets.append(transfer)
        }
      case .skip, .missed:
        // Counted by the schedule.
        continue
      }
    }
    while busy < maximumConcurrent, runningRequests < mostRequests,
      let transfer = nextRequest(nowUs)
    {
      begin(transfer)
    }
    while busy < maximumConcurrent, let transfer = waitingTargets.popFirst() {
      transfer.isWaiting = false
      begin(transfer)
    }
  }

  /// The request whose turn has come. One that waited longer than its answer may take is dropped:
  /// who asked has given it up, and others wait behind it.
  private func nextRequest(_ nowUs: Int64) -> ProbeTransfer? {
    while let transfer = waitingRequests.popFirst() {
      guard let request = transfer.request,
        nowUs - transfer.waitingSinceUs > Int64(request.deadlineMs) * 1_000
      else { return transfer }
      sink.requestDropped(request.id)
    }
    return nil
  }

  /// Whether something that waits could begin now.
  var hasRoom: Bool {
    busy < maximumConcurrent
      && (!waitingRoom.isEmpty
        || !isStopping
          && (!waitingTargets.isEmpty
            || (!waitingRequests.isEmpty && runningRequests < mostRequests)))
  }

  private var mostRequests: Int {
    max(configuration.leastConcurrentRequests, entriesBySlot.count / 4)
  }

  func begin(_ transfer: ProbeTransfer) {
    let nowUs = clock.nowMicroseconds()
    let startedAtMs =
      transfer.makesRecord ? start(of: transfer, nowMs: nowUs / 1_000) : nowUs / 1_000
    if let target = scheduledTarget(of: transfer) { transfer.take(from: target) }
    if transfer.makesRecord {
      transfer.inFlight = sink.probeStarted(slot: transfer.target.slot, startedAtMs: startedAtMs)
    }
    transfer.runningIndex = running.count
    running.append(transfer)
    if transfer.request != nil, !transfer.isTry { runningRequests += 1 }
    overdueCheckUs = min(overdueCheckUs, nowUs + 1_500_000)
    goOn(
      transfer,
      with: transfer.begin(
        startedAtMs: startedAtMs, nowUs: nowUs, agent: agent, configuration: configuration))
  }

  /// Begins a half of a probe that has begun, with the moment that this began at.
  func begin(half: ProbeTransfer, of whole: ProbeTransfer) {
    half.runningIndex = running.count
    running.append(half)
    runningHalves += 1
    goOn(
      half,
      with: half.begin(
        startedAtMs: whole.startedAtMs, nowUs: whole.startedUs, agent: agent,
        configuration: configuration))
  }

  /// The scheduled target that a "probe now" asks the same slot as.
  private func scheduledTarget(of transfer: ProbeTransfer) -> ProbeTransfer? {
    guard transfer.request != nil, !transfer.isTry, let entry = entriesBySlot[transfer.target.slot]
    else {
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
      guard handle.tag != QuestionRequest.tag else {
        let request = handle.listener as? QuestionRequest
        multi.remove(handle)
        if let request { ended(request, code) }
        continue
      }
      let transfer = running[handle.tag]
      multi.remove(handle)
      transfer.work = .none
      if let name = transfer.takeResolvedName() { staleNames.append(name) }
      goOn(transfer, with: transfer.next(after: code, nowUs: clock.nowMicroseconds()))
    }
  }

  func takeOutOfRunning(_ transfer: ProbeTransfer) {
    if transfer.holdsRoom {
      transfer.holdsRoom = false
      busy -= 1
    }
    let index = transfer.runningIndex
    let last = running.removeLast()
    if last !== transfer {
      running[index] = last
      last.runningIndex = index
      last.handle?.tag = index
    }
    transfer.runningIndex = -1
    if transfer.whole != nil {
      runningHalves -= 1
    } else if transfer.isTry {
      runningTries -= 1
    } else if transfer.request != nil {
      runningRequests -= 1
    }
  }

  func finish(_ transfer: ProbeTransfer, _ record: ProbeRecord) {
    if let whole = transfer.whole {
      guard let record = whole.pair?.ended(transfer, with: record) else { return }
      return goOn(whole, with: .finish(record))
    }
    if let canary = transfer.canary {
      return sink.canaryAnswered(
        set: canary.set, index: canary.index, passed: record.outcome.isUp)
    }
    if transfer.isTry, let request = transfer.request {
      let attempts = transfer.evidence().attempts
      transfer.rest()
      return sink.tried(request.id, record, attempts: attempts)
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
