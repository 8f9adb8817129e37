/// What Upblit says of a monitor.
public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
  case up
  /// Up, but most voters find it slow or near to a limit.
  case degraded
  /// Some regions fail persistently while others are up.
  case partial
  /// One region, or one provider's, fails persistently while others are up.
  case regional
  case down
  /// Too few live votes to say.
  case unknown

  /// The severity of the incident that this verdict is; `nil` for the two that are none.
  public var severity: Severity? {
    switch self {
    case .up, .degraded: nil
    case .partial: .partial
    case .regional: .regional
    case .down: .down
    case .unknown: .unknown
    }
  }
}

/// How bad an incident is.
public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
  case down
  case partial
  /// Notifies, and pages nobody by default.
  case regional
  /// For admins alone: nothing is known.
  case unknown
}

/// A verdict as it is stored: with everything that explains it.
public struct VerdictRecord: Hashable, Sendable, Codable {
  public var verdict: Verdict
  public var epoch: Int32
  /// Since when it holds: the first failure, the first success, or the decision itself where
  /// neither is known. Collector time, ms.
  public var startedAt: Int64
  /// When it was reached, collector time, ms.
  public var decidedAt: Int64
  public var policy: Policy
  public var tally: Tally
  /// Every seat's vote, counted or not.
  public var ballots: [Ballot]
  /// The regions that fail while others do not; empty unless partial or regional.
  public var regions: [String]
  /// The one provider whose regions fail, most of them, while others' are up.
  public var domain: String?
  /// Whether it rests on the repeated word of the one assigned region.
  public var solo: Bool
}
