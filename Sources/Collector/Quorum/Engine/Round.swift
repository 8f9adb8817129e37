/// All live voters asked at once, and what they answered; each round is tallied alone.
public struct Round: Hashable, Sendable, Codable {
  public var id: RoundID
  /// Collector time, ms.
  public var askedAt: Int64
  /// Whether it was asked to confirm the round before it.
  public var confirms: Bool
  /// One ballot a seat, sorted by region; pending until answered or given up.
  public var ballots: [Ballot]

  /// When the last of its questions that is still awaited, or was answered, was put: collector time
  /// (ms). What follows a round follows this.
  public var putAt: Int64 { askedAt &+ (ballots.compactMap(\.delayMs).max() ?? 0) }

  /// Whether nothing is awaited any more.
  public var isComplete: Bool { !ballots.contains { $0.uncounted == .pending } }

  public func tally(_ policy: Policy, pendingAs kind: VoteKind? = nil) -> Tally {
    Tally(ballots, policy: policy, pendingAs: kind)
  }

  /// Whether it says down, whatever those still awaited will say.
  public func saysDown(_ policy: Policy) -> Bool {
    tally(policy).isDown && tally(policy, pendingAs: .up).isDown
  }

  /// Whether it may yet say down.
  public func maySayDown(_ policy: Policy) -> Bool {
    tally(policy, pendingAs: .ambiguous).isDown
  }

  /// Whether it needs no confirmation: the target itself gave every failure, to half of the
  /// assigned regions at least.
  public func isCertain(_ policy: Policy) -> Bool {
    guard isComplete else { return false }
    let tally = tally(policy)
    return tally.isDown && tally.attributable == tally.down && tally.down * 2 >= tally.assigned
  }

  /// Whether any counted answer is a failure.
  public var hasFailure: Bool {
    ballots.contains { $0.isCounted && $0.kind?.isFailure == true }
  }

  /// Whether any counted answer is up.
  public var hasUp: Bool { ballots.contains { $0.isCounted && $0.kind?.isUp == true } }

  public func ballot(_ region: String) -> Ballot? { ballots.first { $0.region == region } }

  /// The regions whose counted answer is a failure.
  public var failing: Set<String> {
    Set(ballots.filter { $0.isCounted && $0.kind?.isFailure == true }.map(\.region))
  }

  /// The regions whose counted answer is up.
  public var up: Set<String> {
    Set(ballots.filter { $0.isCounted && $0.kind?.isUp == true }.map(\.region))
  }
}
