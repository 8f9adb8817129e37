import AgentCore
import Curl
import Linux
import Model

/// The prober's thread: waits for sockets and turns, and never for anything else.
///
/// Not `Sendable`: `run` is its whole life, on one thread.
final class ProbeLoop: MultiHandleDelegate {
  private static let wakeUpToken = UInt64.max
  /// Requests that may wait; one more is dropped.
  private static let mostWaitingRequests = 16_384

  let configuration: ProberConfiguration
  let agent: AgentID
  let clock: AgentClock
  let sink: any ProbeSink
  private let mailbox: ProberMailbox
  private let rules: AddressRules
  private let maximumConcurrent: Int

  private let queue: EventQueue
  private var multi: MultiHandle?
  /// When libcurl wants its `timeOut()`.
  private var curlTimeOutUs: Int64?

  var schedule = Schedule()
  /// By schedule entry; `nil` where a number is free.
  private var targets: [ProbeTransfer?] = []
  private var freeEntries: [Int] = []
  private var entriesBySlot: [UInt64: Int] = [:]

  private var running: [ProbeTransfer] = []
  private var runningRequests = 0
  private var waitingTargets = Fifo<ProbeTransfer>()
  private var waitingRequests = Fifo<ProbeTransfer>()
  /// The last start of a "probe now" of each slot that has no target here.
  private var unassignedStarts: [UInt64: Int64] = [:]
  /// When a probe that runs may become overdue, at the earliest.
  private var overdueCheckUs = Int64.max

  private var lag = LoopLag()
  private var report = ProberMailbox.Report()
  private var isStopping = false
  private var hasMail = false

  init(
    configuration: ProberConfiguration, agent: AgentID, clock: AgentClock, sink: any ProbeSink,
    mailbox: ProberMailbox, wakeUpDescriptor: Int32
  ) throws(ProberError) {
    self.configuration = configuration
    self.agent = agent
    self.clock = clock
    self.sink = sink
    self.mailbox = mailbox
    rules = AddressRules(allowsLoopback: configuration.allowsLoopback)
    // A probe may race two addresses and hold what its lookup needs; the rest of the process needs
    // some descriptors as well.
    let files = Int(clamping: ProcessLimits.openFiles())
    maximumConcurrent = max(1, min(configuration.maximumConcurrentProbes, (files - 64) / 4))
    do {
      queue = try EventQueue(capacity: 512)
      try queue.add(wakeUpDescriptor, for: .readable, token: Self.wakeUpToken)
    } catch {
      throw .system("\(error)")
    }
    do {
      let multi = try MultiHandle(delegate: self)
      try multi.keepConnections(1)
      self.multi = multi
    } catch {
      throw .curl("\(error)")
    }
  }

  /// Probes until it is told to stop and the last probe has ended.
  func run() {
    guard let multi else { return }
    hasMail = true
    while true {
      if hasMail { obey() }
      beginDue()
      if let due = curlTimeOutUs, due <= clock.nowMicroseconds() {
        curlTimeOutUs = nil
        multi.timeOut()
      }
      endFinished(multi)
      let nowUs = clock.nowMicroseconds()
      if nowUs >= overdueCheckUs { reportOverdue(nowUs: nowUs) }
      publish(nowUs: nowUs)
      if isStopping && running.isEmpty { break }
      wait(multi, nowUs: nowUs)
    }
    self.multi = nil
  }

  // MARK: Waiting

  private func wait(_ multi: MultiHandle, nowUs: Int64) {
    var wakeUs = min(overdueCheckUs, curlTimeOutUs ?? .max)
    if !isStopping, let due = schedule.nextWakeUs() { wakeUs = min(wakeUs, due) }
    if hasRoom { wakeUs = nowUs }
    let count: Int
    do {
      count = try queue.wait(nanoseconds: wakeUs == .max ? nil : max(0, wakeUs - nowUs) * 1_000)
    } catch {
      // Fails only for a queue that is not there, which would be a mistake of this file.
      preconditionFailure("\(error)")
    }
    for index in 0..<count {
      let event = queue.event(index)
      guard event.token != Self.wakeUpToken else {
        hasMail = true
        continue
      }
      var activity: SocketActivity = []
      if !event.readiness.isDisjoint(with: [.readable, .hungUp]) { activity.insert(.readable) }
      if event.readiness.contains(.writable) { activity.insert(.writable) }
      if event.readiness.contains(.failed) { activity.insert(.failed) }
      multi.socket(Int32(truncatingIfNeeded: event.token), is: activity)
    }
  }

  func watch(_ socket: Int32, for activity: SocketActivity, isNew: Bool) {
    var readiness: Readiness = []
    if activity.contains(.readable) { readiness.insert(.readable) }
    if activity.contains(.writable) { readiness.insert(.writable) }
    let token = UInt64(UInt32(bitPattern: socket))
    // The kernel forgets a socket when it is closed, libcurl when it likes: where the two disagree
    // the other call is right. If neither works, the probe's limit ends it.
    if isNew {
      do { try queue.add(socket, for: readiness, token: token) } catch {
        try? queue.modify(socket, for: readiness, token: token)
      }
    } else {
      do { try queue.modify(socket, for: readiness, token: token) } catch {
        try? queue.add(socket, for: readiness, token: token)
      }
    }
  }

  func unwatch(_ socket: Int32) {
    try? queue.remove(socket)
  }

  func callTimeOut(inMs ms: Int?) {
    curlTimeOutUs = ms.map { clock.nowMicroseconds() + Int64($0) * 1_000 }
  }

  // MARK: Turns

  private func beginDue() {
    guard !isStopping else { return }
    let nowUs = clock.nowMicroseconds()
    while let directive = schedule.next(nowUs: nowUs) {
      switch directive {
      case .probe(let entry, let dueUs):
        lag.note(lateUs: nowUs - dueUs, nowUs: nowUs)
        guard let transfer = targets[entry] else { continue }
        if waitingTargets.isEmpty, running.count < maximumConcurrent {
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
    while running.count < maximumConcurrent, runningRequests < mostRequests,
      let transfer = waitingRequests.popFirst()
    {
      begin(transfer)
    }
    while running.count < maximumConcurrent, let transfer = waitingTargets.popFirst() {
      transfer.isWaiting = false
      begin(transfer)
    }
  }

  /// Whether something that waits could begin now.
  private var hasRoom: Bool {
    running.count < maximumConcurrent && !isStopping
      && (!waitingTargets.isEmpty || (!waitingRequests.isEmpty && runningRequests < mostRequests))
  }

  private var mostRequests: Int { max(64, entriesBySlot.count / 4) }

  private func begin(_ transfer: ProbeTransfer) {
    let nowUs = clock.nowMicroseconds()
    let startedAtMs = start(of: transfer, nowMs: nowUs / 1_000)
    if transfer.request != nil, let entry = entriesBySlot[transfer.target.slot],
      let owner = targets[entry]
    {
      transfer.borrow(from: owner)
    }
    transfer.inFlight = sink.probeStarted(slot: transfer.target.slot, startedAtMs: startedAtMs)
    if let reason = transfer.begin(
      startedAtMs: startedAtMs, nowUs: nowUs, agent: agent, configuration: configuration)
    {
      finish(transfer, transfer.unasked(reason, nowUs: nowUs))
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

  private func endFinished(_ multi: MultiHandle) {
    while let (handle, code) = multi.nextEnded() {
      let transfer = running[handle.tag]
      multi.remove(handle)
      let nowUs = clock.nowMicroseconds()
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
    sink.probeFinished(record, inFlight: transfer.inFlight)
    report.statistics.finishedProbes &+= 1
    guard transfer.entry >= 0 else { return transfer.giveBack() }
    note(record, of: transfer)
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

  private func reportOverdue(nowUs: Int64) {
    overdueCheckUs = .max
    for transfer in running where transfer.request == nil && !transfer.isReportedOverdue {
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

  private func publish(nowUs: Int64) {
    report.statistics.assigned = entriesBySlot.count
    report.statistics.inFlight = running.count
    report.statistics.waiting = waitingTargets.count + waitingRequests.count
    report.statistics.skippedTurns = schedule.skippedTurns
    report.watermarkCeilingUs = schedule.watermarkUs(nowUs: .max)
    if nowUs - report.lagAtUs > 500_000 {
      report.statistics.loopLagP99Ms = lag.p99Ms(nowUs: nowUs)
      report.lagAtUs = nowUs
    }
    mailbox.publish(report)
  }

  // MARK: Commands

  private func obey() {
    hasMail = false
    for command in mailbox.take() {
      switch command {
      case .assign(let table): assign(table)
      case .adjust(let offsetMs): schedule.adjust(offsetMs: offsetMs)
      case .probeNow(let id, let target, let deadlineMs):
        guard !isStopping, waitingRequests.count < Self.mostWaitingRequests else {
          sink.requestDropped(id)
          continue
        }
        waitingRequests.append(
          ProbeTransfer(target, entry: -1, rules: rules, request: (id, deadlineMs)))
      case .stop: beginToStop()
      }
    }
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
    let transfer = ProbeTransfer(target, entry: entry, rules: rules)
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

  private func free(_ transfer: ProbeTransfer) {
    targets[transfer.entry] = nil
    freeEntries.append(transfer.entry)
  }
}
