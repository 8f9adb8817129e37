import AgentCore
import Linux
import Model

/// What other threads ask for.
extension ProbeLoop {
  func obey() {
    hasMail = false
    for command in mailbox.take() {
      switch command {
      case .assign(let table): assign(table)
      case .adjust(let offsetMs): schedule.adjust(offsetMs: offsetMs)
      case .probeNow(let id, let target, let deadlineMs):
        guard !isStopping,
          waitingRequests.count < Self.mostWaitingRequests
        else {
          sink.requestDropped(id)
          continue
        }
        let transfer = ProbeTransfer(
          target, entry: -1, rules: rules, captures: captures, request: (id, deadlineMs))
        if let entry = entriesBySlot[target.slot], let scheduled = targets[entry] {
          transfer.learn(from: scheduled)
        }
        transfer.waitingSinceUs = clock.nowMicroseconds()
        waitingRequests.append(transfer)
      case .tryOut(let id, let target, let deadlineMs): tryOut(id, target, deadlineMs)
      case .askCanaries(let canaries, let set): ask(canaries, set: set)
      case .stop: beginToStop()
      }
    }
  }

  /// Canaries wait for nothing: they are few, and tell whether what fills the room is the agent's own
  /// trouble.
  private func ask(_ canaries: [AssignedTarget], set: UInt64) {
    guard !isStopping else { return }
    for (index, canary) in canaries.enumerated() {
      begin(
        ProbeTransfer(
          canary, entry: -1, rules: rules, captures: captures,
          canary: (set, index)))
    }
  }

  /// Somebody waits for the answer: it is begun now, or said to have no place.
  private func tryOut(_ id: ProbeRequestID, _ target: AssignedTarget, _ deadlineMs: UInt32) {
    guard !isStopping, runningTries < Self.mostTries else {
      let record = ProbeRecord(
        slot: target.slot, startedAtMs: clock.nowMicroseconds() / 1_000, total: 0,
        outcome: .failed(Failure(.agentBusy, detail: Reason.agentBusy.sentence)))
      return sink.tried(id, record, attempts: [])
    }
    runningTries += 1
    begin(
      ProbeTransfer(
        target, entry: -1, rules: rules, captures: captures, request: (id, deadlineMs),
        isTry: true))
  }

  private func beginToStop() {
    isStopping = true
    while let transfer = waitingRequests.popFirst() {
      if let request = transfer.request { sink.requestDropped(request.id) }
    }
    while let transfer = waitingTargets.popFirst() { transfer.isWaiting = false }
  }

  private func assign(_ table: [AssignedTarget]) {
    var wanted: [UInt64: AssignedTarget] = [:]
    wanted.reserveCapacity(table.count)
    for target in table { wanted[target.slot] = target }
    let nowUs = clock.nowMicroseconds()
    for (slot, entry) in entriesBySlot {
      guard let transfer = targets[entry] else { continue }
      if let target = wanted.removeValue(forKey: slot) {
        change(transfer, to: target, nowUs: nowUs)
      } else {
        remove(transfer)
      }
    }
    for target in wanted.values { add(target, nowUs: nowUs) }
  }

  private func add(_ target: AssignedTarget, nowUs: Int64) {
    let entry = freeEntries.popLast() ?? targets.count
    let transfer = ProbeTransfer(
      target, entry: entry, rules: rules, captures: captures)
    if entry == targets.count { targets.append(transfer) } else { targets[entry] = transfer }
    entriesBySlot[target.slot] = entry
    schedule.add(
      entry: entry, intervalMs: Int64(target.intervalSeconds) * 1_000,
      phaseMs: Int64(target.phaseMs), nowUs: nowUs)
  }

  private func change(_ transfer: ProbeTransfer, to target: AssignedTarget, nowUs: Int64) {
    guard (transfer.successor ?? transfer.target) != target else { return }
    schedule.change(
      entry: transfer.entry, intervalMs: Int64(target.intervalSeconds) * 1_000,
      phaseMs: Int64(target.phaseMs), nowUs: nowUs)
    if transfer.runningIndex >= 0 {
      transfer.successor = target
    } else {
      transfer.replace(with: target)
    }
  }

  private func remove(_ transfer: ProbeTransfer) {
    entriesBySlot[transfer.target.slot] = nil
    budget.forget(slot: transfer.target.slot)
    transfer.isRemoved = true
    transfer.successor = nil
    if transfer.isFailing { report.statistics.failingTargets -= 1 }
    if transfer.isWaiting {
      waitingTargets.removeAll { $0 === transfer }
      transfer.isWaiting = false
      _ = schedule.ended(entry: transfer.entry)
    }
    if schedule.remove(entry: transfer.entry) { free(transfer) }
  }

  func free(_ transfer: ProbeTransfer) {
    targets[transfer.entry] = nil
    freeEntries.append(transfer.entry)
  }
}
