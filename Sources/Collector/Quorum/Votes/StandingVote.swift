import Model

/// A region's present opinion: its last observation, and since when it has been failing.
///
/// The observation is kept as it was found: what its agent's trust makes of it is told when a vote is
/// counted, so that an agent that is trusted again need not find anew what it found.
///
/// Later probes that only confirm it are not told to the engine; the agent's watermark keeps it
/// fresh (`Freshness`).
public struct StandingVote: Hashable, Sendable, Codable {
  public var observation: Observation
  /// The collector time (ms) of the first failure since the region was last known to be up; `nil`
  /// where there is none. A finding that learned nothing does not end the run.
  public var failingSince: Int64?
  /// Whether the target refused a question, or a scheduled probe soon after one, for being one of too
  /// many, though it refused no probe of this region that was scheduled long after the last question:
  /// then it says nothing but that it was asked. `nil` for false.
  public var limited: Bool?

  /// - Parameters:
  ///   - weighed: what the finding counts for now; as found unless given.
  ///   - followsQuestion: whether somebody was asked shortly before the probe.
  public init(
    _ observation: Observation, as weighed: VoteKind? = nil, after previous: StandingVote?,
    followsQuestion: Bool = false
  ) {
    self.observation = observation
    let isRefused = observation.isForBeingMany
    let refusedBefore =
      previous.map { $0.observation.isForBeingMany && $0.limited != true } ?? false
    let isAsked = observation.answers != nil || followsQuestion
    limited = isRefused && isAsked && !refusedBefore ? true : nil
    let kind = weighed ?? observation.kind
    if kind.isUp {
      failingSince = nil
    } else {
      let first = kind.isFailure ? observation.startedAt : nil
      failingSince = previous?.failingSince ?? first
    }
  }
}
