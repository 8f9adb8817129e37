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

  /// Whether it is asked for the agent's own sake and makes no records.
  public var isCanary: Bool {
    if case .canary = question { true } else { false }
  }

  /// What is asked, or why this agent can't ask it. Held by reference: checks are long, and targets
  /// are copied at every probe.
  public indirect enum Question: Hashable, Sendable {
    case check(Check)
    /// A canary: something that is up whenever the agent's surroundings are well, asked by a TCP
    /// connection to tell the agent's own trouble from its targets'. It makes no records. The
    /// interval is how often a set of canaries is asked while there is need, the timeout the limit
    /// on the set.
    case canary(TCPCheck)
    /// The target carries what this agent's version does not know; its probes are recorded as
    /// failures of class `agent`, with this reason. Kind and options are kept as they came, so that
    /// a stored assignment can be read anew by a later version.
    case notUnderstood(kind: UInt8, reason: String, options: [UInt8] = [])
  }
}
