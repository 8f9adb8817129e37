import AgentCore
import Linux
import Model
import Synchronization

/// Asks every assigned target its question when it is due, on one thread of its own.
///
/// Any thread may call it; what it finds out goes to its sink, on its own thread.
public final class Prober: Sendable {
  private let configuration: ProberConfiguration
  private let agent: AgentID
  private let clock: AgentClock
  private let sink: any ProbeSink
  private let mailbox: ProberMailbox
  private let thread = Mutex<DedicatedThread?>(nil)

  /// - Parameters:
  ///   - agent: named in the header of every http probe.
  ///   - clock: the process's one clock of agent time.
  public init(
    configuration: ProberConfiguration, agent: AgentID, clock: AgentClock, sink: any ProbeSink
  ) {
    self.configuration = configuration
    self.agent = agent
    self.clock = clock
    self.sink = sink
    mailbox = ProberMailbox()
  }

  /// Starts the thread; what was asked for before is done now.
  public func start() throws(ProberError) {
    try thread.withLock { thread throws(ProberError) in
      guard thread == nil else { throw .startedTwice }
      do {
        let wakeUp = try mailbox.open()
        let handover = Handover(
          loop: try ProbeLoop(
            configuration: configuration, agent: agent, clock: clock, sink: sink,
            mailbox: mailbox, wakeUpDescriptor: wakeUp))
        thread = try DedicatedThread(name: "prober") { handover.loop.run() }
      } catch let error as ProberError {
        throw error
      } catch {
        throw .system("\(error)")
      }
    }
  }

  /// Carries the loop to its thread.
  ///
  /// Unchecked, since the loop is made by `start`, given to the new thread before that runs, and
  /// used by nobody else.
  private struct Handover: @unchecked Sendable {
    let loop: ProbeLoop
  }

  /// Replaces the whole table of targets. Those that did not change go on in their turn; a probe of
  /// one that is gone runs to its end and is recorded.
  public func assign(_ targets: [AssignedTarget]) {
    mailbox.post(.assign(targets))
  }

  /// Sets what collector time is ahead of agent time. Targets move to their new turns by at most
  /// 1 % of their interval a probe.
  public func adjust(clockOffsetMs: Int64) {
    mailbox.post(.adjust(offsetMs: clockOffsetMs))
  }

  /// Probes a target at once, or as soon as fewer than max(64, a quarter of the assigned targets)
  /// of these run.
  ///
  /// - Parameter deadlineMs: counted from the probe's own start. A probe that it cuts short says
  ///   nothing about the target.
  public func probeNow(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32) {
    mailbox.post(.probeNow(request, target, deadlineMs: deadlineMs))
  }

  /// Probes a target once for somebody who waits: what comes of it goes to the sink as `tried` and makes
  /// no record.
  ///
  /// Of more than 8 at once each is answered at once by a failure `agent.busy`.
  ///
  /// - Parameter deadlineMs: as for `probeNow`.
  public func tryOut(_ request: ProbeRequestID, target: AssignedTarget, deadlineMs: UInt32) {
    mailbox.post(.tryOut(request, target, deadlineMs: deadlineMs))
  }

  /// Asks canaries at once, whatever else runs or waits. They make no records: each answer comes as
  /// `canaryAnswered`, with its index among `canaries`.
  public func ask(canaries: [AssignedTarget], set: UInt64) {
    mailbox.post(.askCanaries(canaries, set: set))
  }

  /// Begins no more probes, drops the requests that wait, and returns when the probes that run have
  /// ended, at the latest after their limits.
  public func stop() {
    mailbox.post(.stop)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  /// How the prober is doing now.
  public var statistics: ProberStatistics {
    mailbox.statistics(nowUs: clock.nowMicroseconds())
  }
}
