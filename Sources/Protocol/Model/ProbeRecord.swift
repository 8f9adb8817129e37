/// The immutable record of one probe: what the agent asked and what it found.
public struct ProbeRecord: Hashable, Sendable {
  /// Names the (monitor, epoch) that was probed, within the agent's assignment.
  public var slot: UInt64
  /// When the probe began: milliseconds of agent time. No two records of a slot share it.
  public var startedAtMs: Int64
  /// How long the whole check took, in 0.1 ms.
  public var total: UInt32
  /// When each phase ended, or `nil` where the probe has none to tell.
  public var phases: Phases?
  public var outcome: Outcome
  /// The HTTP status, where there was one.
  public var status: UInt16?
  /// Days until the leaf certificate expires; negative once it has.
  public var certificateDays: Int32?
  /// The "probe now" that asked for this probe; `nil` for a scheduled one.
  public var request: ProbeRequestID?
  /// The address that was connected to, or last tried; told of failures and of answers to a "probe
  /// now".
  public var address: IPAddress?

  public init(
    slot: UInt64, startedAtMs: Int64, total: UInt32, phases: Phases? = nil, outcome: Outcome,
    status: UInt16? = nil, certificateDays: Int32? = nil, request: ProbeRequestID? = nil
  ) {
    self.slot = slot
    self.startedAtMs = startedAtMs
    self.total = total
    self.phases = phases
    self.outcome = outcome
    self.status = status
    self.certificateDays = certificateDays
    self.request = request
  }
}

/// When each phase of a probe ended, counted from the probe's start in 0.1 ms.
///
/// A phase that did not occur repeats the one before it, so the four never decrease.
public struct Phases: Hashable, Sendable {
  public var dns: UInt32
  public var connect: UInt32
  public var tls: UInt32
  public var firstByte: UInt32

  public init(dns: UInt32, connect: UInt32, tls: UInt32, firstByte: UInt32) {
    self.dns = dns
    self.connect = connect
    self.tls = tls
    self.firstByte = firstByte
  }
}

/// What a probe found.
public enum Outcome: Hashable, Sendable {
  case up
  /// Up, but slower or nearer to a limit than the check wishes; it may say why.
  case degraded(Failure?)
  case failed(Failure)

  /// Whether the target counts as up.
  public var isUp: Bool {
    switch self {
    case .up, .degraded: true
    case .failed: false
    }
  }

  public var failure: Failure? {
    switch self {
    case .up: nil
    case .degraded(let failure): failure
    case .failed(let failure): failure
    }
  }
}
