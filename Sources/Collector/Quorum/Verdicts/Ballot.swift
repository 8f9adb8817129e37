/// One region's vote as a tally saw it: counted, or why not.
public struct Ballot: Hashable, Sendable, Codable {
  public var region: String
  /// `nil` where the region has no agent.
  public var agent: AgentKey?
  public var domain: String?
  /// What was found; `nil` where there is no finding.
  public var kind: VoteKind?
  /// Milliseconds since the opinion was last upheld, by the agent's clock.
  public var ageMs: Int64?
  /// When the probe began, collector time (ms).
  public var startedAt: Int64?
  /// The first failure since the region was last known to be up, collector time (ms).
  public var failingSince: Int64?
  /// The round that asked; `nil` for a scheduled probe.
  public var answers: RoundID?
  /// How long after the round the question was put, or will be at the soonest, ms; `nil` where it
  /// did not have to wait for its turn.
  public var delayMs: Int64?
  public var evidence: Evidence?
  public var trust: Trust?
  /// Why it does not count; `nil` if it does.
  public var uncounted: Uncounted?

  public var isCounted: Bool { uncounted == nil }

  /// Why a seat's vote is neither a yes nor a no.
  public enum Uncounted: String, Hashable, Sendable, Codable {
    /// The policy leaves the region out.
    case ignored
    /// The region has no agent.
    case vacant
    /// The agent is not heard.
    case silent
    /// No answer yet.
    case pending
    /// The answer did not come within its time.
    case unanswered
    /// The agent did not carry the question out.
    case dropped
    /// Another agent took the region's seat.
    case replaced
    /// The agent restarted since; what it found before is history.
    case restarted
    /// Older than the freshness limit.
    case stale
    /// The target refused the question for being one of too many (status 429): it is heard, and
    /// counts for neither side.
    case limited
    /// The probe learned nothing about the target, or its agent is not trusted with such a finding.
    case unknown
  }

  public init(region: String, agent: AgentKey? = nil, domain: String? = nil) {
    self.region = region
    self.agent = agent
    self.domain = domain
  }
}
