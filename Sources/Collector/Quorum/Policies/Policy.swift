/// Who must agree before a monitor is down, whose word counts, and whom each verdict reaches.
public struct Policy: Hashable, Sendable {
  public var rule: Rule
  /// At most this many voters may be up. `nil` takes the rule's own: a fifth of the voters for
  /// majority and weighted, no bound for the others.
  public var upCap: Int?
  /// The failing votes come from at least this many providers, where that many vote at all. `nil`
  /// takes the rule's own: 2 for majority and weighted, 1 for the others.
  public var minDomains: Int?
  /// DOWN only if all of these regions are among the failing; while one of them has no vote,
  /// nothing can be said.
  public var mustFail: [String]
  /// Regions whose votes are shown and never counted.
  public var ignored: [String]
  public var urgencies: Urgencies

  /// At least four fifths of the voters fail, and all of them where fewer than five vote.
  public static let standard = Policy(.majority)

  public init(
    _ rule: Rule, upCap: Int? = nil, minDomains: Int? = nil, mustFail: [String] = [],
    ignored: [String] = [], urgencies: Urgencies = .standard
  ) {
    self.rule = rule
    self.upCap = upCap
    self.minDomains = minDomains
    self.mustFail = mustFail
    self.ignored = ignored
    self.urgencies = urgencies
  }

  /// How many of V voters must fail.
  public enum Rule: Hashable, Sendable {
    /// More than half.
    case majority
    /// This many, however many vote; never lowered silently.
    case nOfM(Int)
    /// This share of the voters in per cent, rounded up; never fewer than two where more than one
    /// region is assigned (who wants one is served by `any`).
    case percent(Int)
    case all
    /// One; it needs no second voter.
    case any
    /// Those who weigh more than half of the voters together; a region that is not named weighs 1.
    /// Never fewer than two where more than one region is assigned.
    case weighted([String: Int])
  }
}

extension Policy {
  /// How many of `voting` votes must be failures, with `assigned` regions assigned.
  public func required(voting: Int, assigned: Int) -> Int {
    switch rule {
    case .majority: voting / 2 + 1
    case .nOfM(let count): count
    case .percent(let share):
      max((voting &* share &+ 99) / 100, min(2, assigned))
    case .all: max(1, voting)
    case .any: 1
    case .weighted: min(2, assigned)
    }
  }

  /// What the votes that fail must weigh together, where all voters weigh `voting`; `nil` where
  /// votes are not weighed.
  public func requiredWeight(voting: Int) -> Int? {
    guard case .weighted = rule else { return nil }
    return voting / 2 + 1
  }

  /// What a region's vote weighs.
  public func weight(_ region: String) -> Int {
    guard case .weighted(let weights) = rule else { return 1 }
    return weights[region] ?? 1
  }

  /// How many of `voting` votes may be up.
  public func allowedUp(voting: Int) -> Int {
    if let upCap { return upCap }
    switch rule {
    case .majority, .weighted: return voting / 5
    case .nOfM, .percent, .all, .any: return voting
    }
  }

  /// How many providers the failing votes must span, where `domains` vote.
  public func requiredDomains(voting domains: Int) -> Int {
    let wanted: Int
    switch rule {
    case .majority, .weighted: wanted = minDomains ?? 2
    case .nOfM, .percent, .all, .any: wanted = minDomains ?? 1
    }
    return min(wanted, domains)
  }

  /// The least number of votes on which anything can be decided; fewer is `unknown`.
  ///
  /// Two; one where one region is assigned or where any failure is enough; `n` for "n of m".
  public func leastVotes(assigned: Int) -> Int {
    switch rule {
    case .nOfM(let count): count
    case .any: 1
    case .majority, .percent, .all, .weighted: assigned == 1 ? 1 : 2
    }
  }

  /// Whether the votes of `region` count.
  public func counts(_ region: String) -> Bool { ignored.isEmpty || !ignored.contains(region) }
}
