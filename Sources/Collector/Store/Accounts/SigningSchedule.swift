public import Postgres

/// Which key signs access tokens at a moment, which are published, and whether a new one is to be
/// made: all from when each begins to sign.
///
/// A key signs from its moment until the next one's. It is published as soon as it is made, so that
/// whoever verifies has read it before it is used, and until the last token that it signed has
/// expired.
public enum SigningSchedule {
  /// How long an access token holds, seconds.
  public static let tokenSeconds: Int64 = 600
  /// How long a key signs, seconds: 30 days.
  public static let periodSeconds: Int64 = 30 * 86_400
  /// How long a key is published before it signs, seconds: longer than anybody should keep what was
  /// published.
  public static let leadSeconds: Int64 = 3600
  /// How long a key is published after it has signed last, seconds: a token's lifetime, and a minute
  /// for clocks that differ.
  public static let keptSeconds = tokenSeconds + 60
  /// The longest for which a collector goes on with what it has read, seconds.
  public static let longestSeconds: Int64 = 300

  /// A key, as far as this matters.
  public struct Key: Hashable, Sendable {
    public var kid: String
    public var signsFrom: Timestamp

    public init(kid: String, signsFrom: Timestamp) {
      self.kid = kid
      self.signsFrom = signsFrom
    }
  }

  public struct Plan: Hashable, Sendable {
    /// Signs now; `nil`: none can, and one is to be made first.
    public var signing: String?
    /// To be published, in the order in which they sign.
    public var published: [String]
    /// To be forgotten.
    public var past: [String]
    /// A new key is to be made, to sign from then.
    public var make: Timestamp?
    /// When to look again at the latest.
    public var lookAgainAt: Timestamp
  }

  /// What is to be done at `now` with these keys, in any order.
  public static func plan(_ keys: [Key], at now: Timestamp) -> Plan {
    let keys = keys.sorted { ($0.signsFrom, $0.kid) < ($1.signsFrom, $1.kid) }
    var plan = Plan(
      signing: nil, published: [], past: [], make: nil, lookAgainAt: now + longestSeconds)
    func wake(at moment: Timestamp) {
      if moment > now { plan.lookAgainAt = min(plan.lookAgainAt, moment) }
    }
    for (index, key) in keys.enumerated() {
      if key.signsFrom <= now { plan.signing = key.kid } else { wake(at: key.signsFrom) }
      if index + 1 < keys.count, keys[index + 1].signsFrom + keptSeconds <= now {
        plan.past.append(key.kid)
      } else {
        plan.published.append(key.kid)
        if index + 1 < keys.count { wake(at: keys[index + 1].signsFrom + keptSeconds) }
      }
    }
    guard let newest = keys.last, plan.signing != nil else {
      plan.make = now
      return plan
    }
    let end = newest.signsFrom + periodSeconds
    if now >= end + -leadSeconds {
      plan.make = max(end, now + leadSeconds)
    } else {
      wake(at: end + -leadSeconds)
    }
    return plan
  }
}

extension Timestamp {
  fileprivate static func + (moment: Timestamp, seconds: Int64) -> Timestamp {
    moment.adding(milliseconds: seconds &* 1000)
  }
}
