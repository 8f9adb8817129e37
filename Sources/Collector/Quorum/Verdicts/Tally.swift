/// The count of one set of ballots under one policy: small numbers that explain a verdict.
public struct Tally: Hashable, Sendable, Codable {
  /// Regions assigned whose votes count (N).
  public var assigned: Int
  /// Known votes (V).
  public var voting: Int
  /// Failing votes (D).
  public var down: Int
  /// Up votes, degraded ones among them (U).
  public var up: Int
  public var degraded: Int
  /// Failing votes that the target itself gave.
  public var attributable: Int
  /// Questions that the target refused for being too many: voters that are heard, and count for
  /// neither side. `nil` where there are none.
  public var limited: Int?
  /// Answers still awaited.
  public var pending: Int
  /// Providers among the known votes, and among the failing.
  public var domains: Int
  public var domainsDown: Int
  /// What the policy asks for with so many votes.
  public var required: Int
  public var allowedUp: Int
  public var requiredDomains: Int
  public var leastVotes: Int
  /// What the known votes weigh, and the failing of them; `nil` where votes are not weighed.
  public var weight: Int?
  public var weightDown: Int?
  public var requiredWeight: Int?
  /// Regions without whose failing there is no DOWN, those of them with a known vote, and the
  /// failing of those; `nil` where the policy names none.
  public var mustFail: Int?
  public var mustFailVoting: Int?
  public var mustFailDown: Int?

  /// Counts `ballots`, one an assigned region.
  ///
  /// - Parameter pendingAs: what an awaited answer is taken for; `nil` leaves it out.
  public init(_ ballots: [Ballot], policy: Policy, pendingAs: VoteKind? = nil) {
    assigned = 0
    voting = 0
    down = 0
    up = 0
    degraded = 0
    attributable = 0
    pending = 0
    domains = 0
    domainsDown = 0
    var weighed = (all: 0, down: 0)
    var named = (voting: 0, down: 0)
    let weighs = policy.requiredWeight(voting: 0) != nil
    func kind(_ index: Int) -> VoteKind? {
      guard policy.counts(ballots[index].region) else { return nil }
      let kind =
        ballots[index].isCounted
        ? ballots[index].kind : ballots[index].uncounted == .pending ? pendingAs : nil
      return kind == .unknown ? nil : kind
    }
    // By index: a ballot carries texts, and copying them costs more than counting.
    for index in ballots.indices where policy.counts(ballots[index].region) {
      assigned += 1
      if ballots[index].uncounted == .pending { pending += 1 }
      if ballots[index].uncounted == .limited { limited = (limited ?? 0) + 1 }
      guard let vote = kind(index) else { continue }
      voting += 1
      let isNamed = !policy.mustFail.isEmpty && policy.mustFail.contains(ballots[index].region)
      if isNamed { named.voting += 1 }
      if weighs { weighed.all += policy.weight(ballots[index].region) }
      if vote.isUp { up += 1 }
      if vote == .degraded { degraded += 1 }
      if vote == .attributable { attributable += 1 }
      if vote.isFailure {
        down += 1
        if isNamed { named.down += 1 }
        if weighs { weighed.down += policy.weight(ballots[index].region) }
      }
      guard let domain = ballots[index].domain else { continue }
      // Few enough to look at each other one by one.
      var isNew = true
      var isNewFailure = vote.isFailure
      for other in 0..<index where ballots[other].domain == domain {
        guard let earlier = kind(other) else { continue }
        isNew = false
        if earlier.isFailure { isNewFailure = false }
      }
      if isNew { domains += 1 }
      if isNewFailure { domainsDown += 1 }
    }
    required = policy.required(voting: voting + (limited ?? 0), assigned: assigned)
    allowedUp = policy.allowedUp(voting: voting)
    requiredDomains = policy.requiredDomains(voting: domains)
    leastVotes = policy.leastVotes(assigned: assigned)
    if weighs {
      weight = weighed.all
      weightDown = weighed.down
      requiredWeight = policy.requiredWeight(voting: weighed.all)
    }
    if !policy.mustFail.isEmpty {
      mustFail = policy.mustFail.count
      mustFailVoting = named.voting
      mustFailDown = named.down
    }
  }

  /// Whether enough votes are known to decide anything: as many as the policy needs, those of the
  /// regions that must fail among them, and some that weigh anything.
  public var hasQuorum: Bool {
    voting > 0 && voting + (limited ?? 0) >= leastVotes && weight != 0 && mustFailVoting == mustFail
  }

  /// Whether these votes, standing alone, say down. Another up vote never turns this from false to
  /// true; a vote that is missing is neither.
  public var isDown: Bool {
    hasQuorum && down >= required && up <= allowedUp && domainsDown >= requiredDomains
      && weightDown ?? 0 >= requiredWeight ?? 0 && mustFailDown == mustFail
  }

  /// Whether more than half of the known votes are up.
  public var isMostlyUp: Bool { hasQuorum && up > voting / 2 }

  /// Whether more than half of the known votes are up but slow.
  public var isMostlyDegraded: Bool { hasQuorum && degraded > voting / 2 }
}
