import Model

/// A region's present opinion: its last observation, and since when it has been failing.
///
/// Later probes that only confirm it are not told to the engine; the agent's watermark keeps it
/// fresh (`Freshness`).
public struct StandingVote: Hashable, Sendable, Codable {
  public var observation: Observation
  /// The collector time (ms) of the first failure of the present run of failures; `nil` unless the
  /// vote is one.
  public var failingSince: Int64?

  public init(_ observation: Observation, after previous: StandingVote?) {
    self.observation = observation
    failingSince =
      observation.kind.isFailure ? previous?.failingSince ?? observation.startedAt : nil
  }
}
