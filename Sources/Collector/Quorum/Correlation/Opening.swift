/// An incident of an organization that is open, as far as finding shared causes needs it.
public struct Opening: Hashable, Sendable, Codable {
  /// The monitor, which has one open incident at most.
  public var monitor: Int64
  public var severity: Severity
  /// When the quorum said so, collector time (ms).
  public var decidedAt: Int64
  /// The monitor without which this one can't be up, as its team declared; at most one.
  public var parent: Int64?
  /// Whether none of its voters was heard: it is the monitoring that fails.
  public var isBlind: Bool
  /// The incident that it belongs to, where it has none of its own.
  public var membership: Membership?

  public init(
    monitor: Int64, severity: Severity, decidedAt: Int64, parent: Int64? = nil,
    isBlind: Bool = false, membership: Membership? = nil
  ) {
    self.monitor = monitor
    self.severity = severity
    self.decidedAt = decidedAt
    self.parent = parent
    self.isBlind = isBlind
    self.membership = membership
  }

  /// Where an opening belongs.
  public struct Membership: Hashable, Sendable, Codable {
    /// The monitor whose incident the others belong to; it belongs to itself.
    public var lead: Int64
    public var cause: Cause

    public init(lead: Int64, cause: Cause) {
      self.lead = lead
      self.cause = cause
    }
  }

  /// Why several are one.
  public enum Cause: String, Hashable, Sendable, Codable {
    /// The lead is their declared parent, and down.
    case parent
    /// Many went down at once.
    case many
    /// No agent is heard: the monitoring is blind, once.
    case blind
  }
}
