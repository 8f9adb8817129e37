public import Resolving

/// What an operator decides about probing.
public struct ProberConfiguration: Hashable, Sendable {
  /// Probes that run at once; fewer where the limit on open files asks for it. At least 1.
  public var maximumConcurrentProbes = 2_048
  /// Whether targets on the agent's own host may be probed.
  public var allowsLoopback = false
  /// Whether targets in private networks may not be probed.
  public var deniesPrivate = false
  /// The certificate authorities that https targets are verified against, in PEM.
  public var caFile = "/etc/ssl/certs/ca-certificates.crt"
  /// How many requests to probe now run at once at least; more where many targets are assigned.
  public var leastConcurrentRequests = 64
  /// Whether what was seen of every probe is told, not only of those that change an outcome.
  public var keepsAllEvidence = false
  /// Sent with every http probe.
  public var userAgent = "upblit-agent"
  /// How names are resolved.
  public var resolver = ResolverSettings()

  public init() {}
}

/// Why a prober could not start.
public enum ProberError: Error, Hashable, Sendable {
  /// libcurl could not be set up; its words.
  case curl(String)
  /// The kernel refused something; its words.
  case system(String)
  /// It has been started before.
  case startedTwice
}

extension ProberError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .curl(let text): "libcurl can't be used: \(text)"
    case .system(let text): "probing can't start: \(text)"
    case .startedTwice: "the prober was started twice"
    }
  }
}

/// How a prober is doing.
public struct ProberStatistics: Hashable, Sendable {
  /// Targets in the assignment.
  public var assigned = 0
  /// Probes that run now, those of "probe now" included.
  public var inFlight = 0
  /// Probes that are due and wait, since as many run as may.
  public var waiting = 0
  /// How late the loop takes up what is due, 99th percentile of the last 10 to 20 seconds.
  public var loopLagP99Ms: UInt32 = 0
  /// Targets whose last probe failed for a reason that is not the agent's own.
  public var failingTargets = 0
  /// Probes that have ended since the start.
  public var finishedProbes: UInt64 = 0
  /// Turns that were left out since the start, because the last probe was still out or the loop
  /// came too late.
  public var skippedTurns: UInt64 = 0
  /// Agent time in ms: every probe that was due before it has been handed to the sink.
  public var watermarkMs: Int64 = 0

  public init() {}
}
