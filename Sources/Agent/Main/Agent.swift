import Link
import Linux
import Model
import Probing
import Settings
import Spool
import Synchronization

/// The running agent: the prober's thread, the shipper's thread, and the way to stop them.
final class Agent: Sendable {
  let id: AgentID
  private let clock: AgentClock
  private let inbox: Inbox
  private let prober: Prober
  private let log: Log
  private let ended: Ending

  /// How the shipper ended, and the descriptor that tells it.
  private final class Ending: Sendable {
    let wakeUp: WakeUp
    let end = Mutex<LinkEnd?>(nil)

    init() throws(SystemError) {
      wakeUp = try WakeUp()
    }
  }

  /// Brings back what the last process left, and starts both threads.
  init(
    _ values: SettingsValues, _ state: StateFolder, _ identity: Identity, _ log: Log
  ) throws {
    _ = ProcessLimits.raiseOpenFiles()
    id = identity.agent
    self.log = log
    clock = AgentClock()
    inbox = try Inbox()
    ended = try Ending()
    let limits = SpoolLimits(
      bytes: values[AgentKey.spoolSize],
      ageMs: values[AgentKey.spoolAge].components.seconds * 1_000)
    let recovered = try Recovered(
      state: state, identity: identity, limits: limits, clock: clock, log: log)
    var configuration = ProberConfiguration()
    configuration.allowsLoopback = values[AgentKey.allowLoopback]
    configuration.deniesPrivate = values[AgentKey.denyPrivate]
    configuration.caFile = values[AgentKey.caFile]
    configuration.maximumConcurrentProbes = values[AgentKey.maximumProbes]
    configuration.userAgent = values[AgentKey.userAgent]
    prober = Prober(
      configuration: configuration, agent: identity.agent, clock: clock,
      sink: JournalSink(journal: recovered.journal, inbox: inbox, clock: clock))
    var link = LinkConfiguration(
      software: AgentCommand.software, proxy: values[AgentKey.proxy], spoolLimits: limits)
    link.asksCanaries = values[AgentKey.canaries]
    let handover = Handover(
      shipper: try Shipper(
        configuration: link,
        state: state, identity: identity, recovered: recovered, clock: clock, inbox: inbox,
        prober: prober, log: log))
    try prober.start()
    _ = try DedicatedThread(name: "shipper") { [ended] in
      let end = handover.shipper.run()
      ended.end.withLock { $0 = end }
      ended.wakeUp.signal()
    }
    log.info("probing", ["agent": "\(id)", "region": identity.region])
  }

  /// Carries the shipper to its thread.
  ///
  /// Unchecked, since it is made here, given to the new thread before that runs, and used by nobody
  /// else.
  private struct Handover: @unchecked Sendable {
    let shipper: Shipper
  }

  /// How the shipper ended; `nil` while it runs.
  var end: LinkEnd? { ended.end.withLock { $0 } }

  /// Readable once the shipper has ended.
  var endedDescriptor: Int32 { ended.wakeUp.descriptor }

  /// Whether the shipper went round its loop within the last half minute.
  var isAlive: Bool { clock.nowMs() - inbox.lastBeatMs < 30_000 }

  /// Begins no more probes; when those that run have ended, or most of the time is up, the shipper
  /// delivers what is left. What still runs then is reported as interrupted at the next start.
  func stop(within limit: Duration) {
    let limitMs = limit.components.seconds * 1_000
    let untilMs = clock.nowMs() + limitMs
    do {
      let probesEnded = try ProbesEnded()
      _ = try DedicatedThread(name: "stop") { [prober] in
        prober.stop()
        probesEnded.wakeUp.signal()
      }
      waitForSockets(
        [WatchedSocket(probesEnded.wakeUp.descriptor)], timeoutMs: limitMs * 3 / 4)
    } catch {
      log.warning("running probes are not waited for", ["reason": "\(error)"])
    }
    inbox.stop(untilMs: untilMs)
  }

  private final class ProbesEnded: Sendable {
    let wakeUp: WakeUp

    init() throws(SystemError) {
      wakeUp = try WakeUp()
    }
  }
}
