/// Who must agree before a monitor is down.
public struct Policy: Hashable, Sendable {
  public var rule: Rule
  /// At most this many voters may be up. `nil` takes the rule's own: a fifth of the voters for a
  /// majority, no bound for the others.
  public var upCap: Int?
  /// The failing votes come from at least this many providers, where that many vote at all. `nil`
  /// takes the rule's own: 2 for a majority, 1 for the others.
  public var minDomains: Int?

  /// At least four fifths of the voters fail, and all of them where fewer than five vote.
  public static let standard = Policy(.majority)

  public init(_ rule: Rule, upCap: Int? = nil, minDomains: Int? = nil) {
    self.rule = rule
    self.upCap = upCap
    self.minDomains = minDomains
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
    }
  }

  /// How many of `voting` votes may be up.
  public func allowedUp(voting: Int) -> Int {
    if let upCap { return upCap }
    switch rule {
    case .majority: return voting / 5
    case .nOfM, .percent, .all, .any: return voting
    }
  }

  /// How many providers the failing votes must span, where `domains` vote.
  public func requiredDomains(voting domains: Int) -> Int {
    let wanted: Int
    switch rule {
    case .majority: wanted = minDomains ?? 2
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
    case .majority, .percent, .all: assigned == 1 ? 1 : 2
    }
  }
}
