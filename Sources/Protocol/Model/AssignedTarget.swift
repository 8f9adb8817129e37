/// One check as an agent holds it: which slot its results carry, how often it is due, and what it asks.
public struct AssignedTarget: Hashable, Sendable {
  /// Names one (monitor, epoch) and is never reused; 0 in a "probe now" of what is not assigned.
  public var slot: UInt64
  public var monitor: MonitorID
  /// Seconds from one scheduled probe to the next; at least 1.
  public var intervalSeconds: UInt32
  /// The limit on the whole check.
  public var timeoutMs: UInt32
  /// Due whenever collector time modulo the interval equals this; less than the interval.
  public var phaseMs: UInt32
  public var question: Question

  public init(
    slot: UInt64, monitor: MonitorID, intervalSeconds: UInt32, timeoutMs: UInt32, phaseMs: UInt32,
    question: Question
  ) {
    self.slot = slot
    self.monitor = monitor
    self.intervalSeconds = intervalSeconds
    self.timeoutMs = timeoutMs
    self.phaseMs = phaseMs
    self.question = question
  }

  /// What is asked, or why this agent can't ask it.
  public enum Question: Hashable, Sendable {
    case check(Check)
    /// The target carries what this agent's version does not know; its probes are recorded as
    /// failures of class `agent`, with this reason. Kind and options are kept as they came, so that
    /// a stored assignment can be read anew by a later version.
    case notUnderstood(kind: UInt8, reason: String, options: [UInt8] = [])
  }
}
