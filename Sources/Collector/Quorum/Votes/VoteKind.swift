import Model

/// What one probe says about its target, as a quorum counts it.
public enum VoteKind: String, Hashable, Sendable, Codable, CaseIterable {
  case up
  /// Up, but slow or near to a limit: counts as up.
  case degraded
  /// Failed, and it was the target that answered so: refused, bad certificate, wrong status or body.
  case attributable
  /// Failed in a way that the path or the agent's surroundings could explain as well.
  case ambiguous
  /// Nothing was learned about the target: neither a yes nor a no.
  case unknown

  /// The kind of a probe's outcome.
  public init(_ outcome: Outcome) {
    switch outcome {
    case .up: self = .up
    case .degraded: self = .degraded
    case .failed(let failure):
      switch failure.failureClass.standing {
      case .attributable: self = .attributable
      case .ambiguous: self = .ambiguous
      case .unknown: self = .unknown
      }
    }
  }

  /// The number of this kind in the store's `outcome` columns, 0 to 4.
  public var code: Int16 {
    switch self {
    case .up: 0
    case .degraded: 1
    case .attributable: 2
    case .ambiguous: 3
    case .unknown: 4
    }
  }

  /// The kind with that number in the store; `nil` for a number that names none.
  public init?(code: Int16) {
    guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = kind
  }

  public var isUp: Bool { self == .up || self == .degraded }
  public var isFailure: Bool { self == .attributable || self == .ambiguous }
}
