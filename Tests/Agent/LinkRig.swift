import AgentCore
import Link
import Linux
import Model
import OpenSSL
import Probing
import Signing
import Spool
import Synchronization
import Testing
import Wire

/// A prober that probes nothing and notes what it is asked.
final class IdleProber: ProbeRunner {
  struct Asked: Sendable {
    var targets: [AssignedTarget] = []
    var requests: [ProbeRequestID] = []
    var tries: [(id: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32)] = []
    var watermarkMs: Int64 = 0
    var failing = 0
    var assigned = 0
    var canarySets: [(set: UInt64, canaries: [AssignedTarget])] = []
  }

  let asked = Mutex(Asked())

  func assign(_ targets: [AssignedTarget]) { asked.withLock { $0.targets = targets } }
  func adjust(clockOffsetMs: Int64) {}
  func probeNow(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32) {
    asked.withLock { $0.requests.append(request) }
  }

  func tryOut(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32) {
    asked.withLock { $0.tries.append((request, target, deadlineMs)) }
  }

  func ask(canaries: [AssignedTarget], set: UInt64) {
    asked.withLock { $0.canarySets.append((set, canaries)) }
  }

  var statistics: ProberStatistics {
    var statistics = ProberStatistics()
    asked.withLock {
      statistics.watermarkMs = $0.watermarkMs
      statistics.failingTargets = $0.failing
      statistics.assigned = $0.assigned
    }
    return statistics
  }
}

/// An agent without a prober, against a scripted collector.
final class LinkRig {
  let collector: ScriptedCollector
  let scratch: ScratchFolder
  let state: StateFolder
  let prober = IdleProber()
  private(set) var clock = AgentClock()
  private(set) var inbox: Inbox
  private(set) var sink: JournalSink
  private var thread: DedicatedThread?
  private let result = Result()

  final class Result: Sendable {
    let end = Mutex<LinkEnd?>(nil)
  }

  private struct Handover: @unchecked Sendable {
    /// Given to one thread before it runs.
    let shipper: Shipper
  }

  init(_ collector: ScriptedCollector? = nil) throws {
    self.collector = try collector ?? ScriptedCollector()
    scratch = try ScratchFolder()
    state = try StateFolder(scratch.path, makes: true)
    try state.save(
      Identity(
        agent: self.collector.agent, region: "r", provider: "p",
        collectors: [try #require(CollectorAddress(self.collector.address))],
        keys: [.init(id: 1, root: self.collector.memory.withLock { $0.root })]))
    try state.save([Pin]())
    inbox = try Inbox()
    sink = JournalSink(
      journal: try Journal(path: scratch.path + "/unused", boot: .random(), agent: .random()),
      inbox: inbox,
      clock: clock)
    try self.collector.start()
  }

  deinit {
    collector.stop()
  }

  /// Starts an agent process, as far as a test needs one.
  func start(
    limits: SpoolLimits = .roomy, _ change: (inout LinkConfiguration) -> Void = { _ in }
  ) throws {
    clock = AgentClock()
    inbox = try Inbox()
    result.end.withLock { $0 = nil }
    let identity = try state.identity()
    let recovered = try Recovered(
      state: state, identity: identity, limits: limits, clock: clock, log: .none)
    sink = JournalSink(journal: recovered.journal, inbox: inbox, clock: clock)
    var configuration = LinkConfiguration(software: "test")
    configuration.aliveMs = 200
    change(&configuration)
    let handover = Handover(
      shipper: try Shipper(
        configuration: configuration, state: state, identity: identity, recovered: recovered,
        clock: clock, inbox: inbox, prober: prober, log: .none))
    thread = try DedicatedThread(name: "shipper") { [result] in
      let end = handover.shipper.run()
      result.end.withLock { $0 = end }
    }
  }

  /// Stops it, and gives how it ended.
  func stop(withinMs: Int64 = 5_000) async -> LinkEnd? {
    inbox.stop(untilMs: clock.nowMs() + withinMs)
    return await join()
  }

  /// Waits until it ends by itself.
  func join() async -> LinkEnd? {
    let running = thread
    await offPool { running?.join() }
    return result.end.withLock { $0 }
  }

  /// A probe that takes no time.
  @discardableResult
  func probe(
    _ slot: UInt64, _ outcome: Outcome = .up, request: ProbeRequestID? = nil,
    evidence: ProbeEvidence? = nil, tracedWithinMs: Int64? = nil
  ) -> ProbeRecord {
    let made = record(slot, at: clock.nowMs(), outcome, request: request)
    let index = sink.probeStarted(slot: slot, startedAtMs: made.startedAtMs)
    if let evidence, let tracedWithinMs {
      sink.evidenceFound(evidence, of: made, tracedByMs: clock.nowMs() + tracedWithinMs)
    } else if let evidence {
      sink.evidenceFound(evidence, of: made)
    }
    sink.probeFinished(made, inFlight: index)
    return made
  }
}
