import Model

/// A region's present opinion: its last observation, and since when it has been failing.
///
/// Later probes that only confirm it are not told to the engine; the agent's watermark keeps it
/// fresh (`Freshness`).
public struct StandingVote: Hashable, Sendable, Codable {
  public var observation: Observation
  /// The collector time (ms) of the first failure since the region was last known to be up; `nil`
  /// where there is none. A finding that learned nothing does not end the run.
  public var failingSince: Int64?

  public init(_ observation: Observation, after previous: StandingVote?) {
    self.observation = observation
    if observation.kind.isUp {
      failingSince = nil
    } else {
      let first = observation.kind.isFailure ? observation.startedAt : nil
      failingSince = previous?.failingSince ?? first
    }
  }
}
