import AgentCore
import Conversing
import Curl
import Dialogue
import Linux
import Model
import Resolving

/// The prober's thread: waits for sockets and turns, and never for anything else.
///
/// Not `Sendable`: `run` is its whole life, on one thread.
final class ProbeLoop: MultiHandleDelegate {
  private static let wakeUpToken = UInt64.max
  private static let resolverToken = UInt64.max - 1
  private static let conversationsToken = UInt64.max - 2
  /// With more targets than this those whose requests have no shape have a new handle for each probe:
  /// keeping them would cost 8 MB a thousand targets and save a fifth of a probe's CPU.
  static let mostKeptHandles = 256
  /// Requests that may wait; one more is dropped.
  static let mostWaitingRequests = 16_384
  /// Checks that are tried at once.
  static let mostTries = 8
  /// Names that are looked up at once.
  static let mostLookups = 1_024
  /// Descriptors for all but probes: the link, the spool, what probes share.
  static let reservedDescriptors = 40
  /// How often it is looked whether one waits for room in vain, in microseconds.
  static let waitCheckUs: Int64 = 100_000

  let configuration: ProberConfiguration
  let agent: AgentID
  let clock: AgentClock
  let sink: any ProbeSink
  let mailbox: ProberMailbox
  let rules: AddressRules
  let maximumConcurrent: Int

  private let queue: EventQueue
  var multi: MultiHandle?
  /// When libcurl wants its `timeOut()`.
  private var curlTimeOutUs: Int64?

  var schedule = Schedule()
  /// By schedule entry; `nil` where a number is free.
  var targets: [ProbeTransfer?] = []
  var freeEntries: [Int] = []
  var entriesBySlot: [UInt64: Int] = [:]

  /// All that have begun, those whose names are being looked up included. A probe over both families is
  /// here beside its halves.
  var running: [ProbeTransfer] = []
  var runningHalves = 0
  /// Those of them that hold a connection.
  var busy = 0
  var runningRequests = 0
  var runningTries = 0
  var waitingTargets = Fifo<ProbeTransfer>()
  var waitingRequests = Fifo<ProbeTransfer>()
  /// Those that have begun, know their addresses, and wait for room to connect.
  var waitingRoom = Fifo<ProbeTransfer>()
  var waitCheckDueUs: Int64 = 0
  let resolver: Resolver
  /// Who waits for what of the resolver.
  var asking: [Resolver.Token: ProbeTransfer] = [:]
  /// Speaks with what libcurl does not ask.
  let conversations: Conversations
  var conversing: [Conversations.Token: ProbeTransfer] = [:]
  /// Questions to name servers that travel encrypted, by the resolver's numbers.
  var carried: [UInt64: Carriage] = [:]
  var carriedByConversation: [Conversations.Token: UInt64] = [:]
  /// Entries of libcurl's that are needed no more.
  var staleNames: [String] = []
  let captures = CapturePool()
  /// Decides whose evidence is kept.
  var budget = EvidenceBudget()
  /// Decides whose way is traced.
  var traces: TraceBudget
  /// Traces under way, and the records that they are about.
  var tracing: [Conversations.Token: ProbeRecord] = [:]
  /// The last start of a "probe now" of each slot that has no target here.
  var unassignedStarts: [UInt64: Int64] = [:]
  /// When a probe that runs may become overdue, at the earliest.
  var overdueCheckUs = Int64.max

  var lag = LoopLag()
  var report = ProberMailbox.Report()
  var isStopping = false
  var hasMail = false

  init(
    configuration: ProberConfiguration, agent: AgentID, clock: AgentClock, sink: any ProbeSink,
    mailbox: ProberMailbox, wakeUpDescriptor: Int32
  ) throws(ProberError) {
    self.configuration = configuration
    self.agent = agent
    self.clock = clock
    self.sink = sink
    self.mailbox = mailbox
    rules = AddressRules(
      allowsLoopback: configuration.allowsLoopback, deniesPrivate: configuration.deniesPrivate)
    // A probe may race two addresses and hold what its lookup needs; the rest of the process needs
    // some descriptors as well.
    let files = Int(clamping: ProcessLimits.openFiles()) - Self.reservedDescriptors
    // Traces take an eighth of them at most, and none where they are few.
    let mostTraces = max(0, min(TraceBudget.mostAtOnce, files / (8 * TraceRun.mostOpen)))
    traces = TraceBudget(atOnce: mostTraces)
    let forProbes = files - mostTraces * TraceRun.mostOpen
    maximumConcurrent = max(1, min(configuration.maximumConcurrentProbes, forProbes / 4))
    var settings = configuration.resolver
    settings.mostLookups = max(1, min(Self.mostLookups, maximumConcurrent / 2))
    do {
      queue = try EventQueue(capacity: 512)
      try queue.add(wakeUpDescriptor, for: .readable, token: Self.wakeUpToken)
      resolver = try Resolver(settings, clock: clock)
      try queue.add(resolver.descriptor, for: .readable, token: Self.resolverToken)
      conversations = try Conversations(
        rules: rules, clock: clock, caFile: configuration.caFile)
      try queue.add(
        conversations.descriptor, for: .readable, token: Self.conversationsToken)
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
    resolver.delegate = self
    resolver.carrier = self
    conversations.delegate = self
  }

  /// Probes until it is told to stop and the last probe has ended.
  func run() {
    guard let multi else { return }
    hasMail = true
    while true {
      if hasMail { obey() }
      beginDue()
      if let due = resolver.nextWakeUs, due <= clock.nowMicroseconds() { resolver.turn() }
      if let due = conversations.nextWakeUs, due <= clock.nowMicroseconds() {
        conversations.turn()
      }
      admit()
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
    if let due = resolver.nextWakeUs { wakeUs = min(wakeUs, due) }
    if let due = conversations.nextWakeUs { wakeUs = min(wakeUs, due) }
    if !waitingRoom.isEmpty { wakeUs = min(wakeUs, waitCheckDueUs) }
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
      guard event.token != Self.resolverToken else {
        resolver.turn()
        continue
      }
      guard event.token != Self.conversationsToken else {
        conversations.turn()
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

  private func publish(nowUs: Int64) {
    report.statistics.assigned = entriesBySlot.count
    report.statistics.inFlight = running.count - runningHalves
    report.statistics.waiting = waitingTargets.count + waitingRequests.count + waitingRoom.count
    report.statistics.skippedTurns = schedule.skippedTurns
    report.watermarkCeilingUs = schedule.watermarkUs(nowUs: .max)
    if nowUs - report.lagAtUs > 500_000 {
      report.statistics.loopLagP99Ms = lag.p99Ms(nowUs: nowUs)
      report.lagAtUs = nowUs
    }
    mailbox.publish(report)
  }
}
