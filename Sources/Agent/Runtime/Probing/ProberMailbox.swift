import Linux
import Model
import Synchronization

/// What passes between the threads that call a `Prober` and the thread that probes.
final class ProberMailbox: Sendable {
  /// What the probing thread is to do, in the order in which it was said.
  enum Command: Sendable {
    case assign([AssignedTarget])
    case adjust(offsetMs: Int64)
    case probeNow(ProbeRequestID, AssignedTarget, deadlineMs: UInt32)
    case tryOut(ProbeRequestID, AssignedTarget, deadlineMs: UInt32)
    case askCanaries([AssignedTarget], set: UInt64)
    case stop
  }

  /// What the probing thread last said of itself.
  struct Report: Sendable {
    var statistics = ProberStatistics()
    /// No turn before this moment is unfinished; the moment itself may lie in the future.
    var watermarkCeilingUs = Int64.max
    /// When the loop's lag was last worked out.
    var lagAtUs: Int64 = 0
  }

  /// Keeps the descriptor open for as long as someone may signal it.
  private final class Bell: Sendable {
    let wakeUp: WakeUp

    init() throws(SystemError) {
      wakeUp = try WakeUp()
    }
  }

  private struct Inbox {
    var commands: [Command] = []
    var bell: Bell?
  }

  private let inbox = Mutex(Inbox())
  private let report = Mutex(Report())

  /// Makes the descriptor that becomes readable when there are commands; watch it for `.readable`.
  func open() throws(SystemError) -> Int32 {
    let bell = try Bell()
    inbox.withLock { $0.bell = bell }
    bell.wakeUp.signal()
    return bell.wakeUp.descriptor
  }

  /// Adds a command. Without a thread it waits for one.
  func post(_ command: Command) {
    let bell = inbox.withLock { inbox in
      inbox.commands.append(command)
      // The first command has rung already for those after it.
      return inbox.commands.count == 1 ? inbox.bell : nil
    }
    bell?.wakeUp.signal()
  }

  /// Takes every command, and silences the descriptor.
  func take() -> [Command] {
    inbox.withLock { inbox in
      inbox.bell?.wakeUp.drain()
      defer { inbox.commands = [] }
      return inbox.commands
    }
  }

  /// Makes the thread's report the present one.
  func publish(_ report: Report) {
    self.report.withLock { $0 = report }
  }

  /// The present report, as it reads at a moment of agent time.
  func statistics(nowUs: Int64) -> ProberStatistics {
    let report = report.withLock { $0 }
    var statistics = report.statistics
    statistics.watermarkMs = min(nowUs, report.watermarkCeilingUs) / 1_000
    // What was late more than 20 seconds ago does not count, and a loop at rest does not report.
    if nowUs - report.lagAtUs > 20_000_000 { statistics.loopLagP99Ms = 0 }
    return statistics
  }
}
