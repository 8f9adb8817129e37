/// One thing that a step wants done; all of them commit with the state that gave them.
public enum Directive: Hashable, Sendable, Codable {
  /// Ask these agents to probe now.
  case askProbes(Ask)
  /// Store a verdict that differs from the one before.
  case recordVerdict(VerdictRecord)
  /// Open an incident that began at this collector time (ms). At most one is open at once.
  case openIncident(severity: Severity, startedAt: Int64)
  /// The open incident is of another severity from now on.
  case changeSeverity(Severity)
  /// Close the open incident, which ended at this collector time (ms).
  case closeIncident(endedAt: Int64, reason: CloseReason)
  /// Put a mark on the open incident; it may bear it already.
  case markIncident(IncidentMark)
  /// Tell people.
  case tell(Notice)
  /// Forget the stored vote of this region's agent, so that its next finding is told whatever it is.
  case forgetVote(region: String, agent: AgentKey)
}

/// Why an incident ended.
public enum CloseReason: String, Hashable, Sendable, Codable {
  case recovered
  /// Nothing was known, and now something is.
  case seeingAgain
  /// The monitor was paused or deleted.
  case withdrawn
}

/// A question put to several agents at once.
public struct Ask: Hashable, Sendable, Codable {
  public var id: RoundID
  public var purpose: Purpose
  public var epoch: Int32
  /// Whom to ask, sorted by region.
  public var voters: [Asked]
  /// How long an answer may take, in milliseconds from the probe's own start.
  public var deadlineMs: Int64

  public init(
    id: RoundID, purpose: Purpose, epoch: Int32, voters: [Asked], deadlineMs: Int64
  ) {
    self.id = id
    self.purpose = purpose
    self.epoch = epoch
    self.voters = voters
    self.deadlineMs = deadlineMs
  }

  /// What the answers are for.
  public enum Purpose: String, Hashable, Sendable, Codable {
    /// To settle a doubt.
    case confirm
    /// To see whether an outage is over.
    case recovery
    /// To notice the end of an outage: one voter after the other.
    case watch
    /// To see whether a listed region is well again.
    case recheck
    /// To hear a voter that has no vote yet.
    case introduce
  }

  /// One agent that is asked.
  public struct Asked: Hashable, Sendable, Codable {
    public var region: String
    public var agent: AgentKey

    public init(region: String, agent: AgentKey) {
      self.region = region
      self.agent = agent
    }
  }
}

/// What a step answers: what is to be done, and when to look again.
public struct Step: Hashable, Sendable, Codable {
  public var directives: [Directive]
  /// The collector time (ms) at which a tick is due; `nil` if only news can change anything.
  public var wakeAt: Int64?
}
