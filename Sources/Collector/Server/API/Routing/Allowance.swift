import Synchronization

/// How many requests one credential may make: a bucket that holds `requests` and fills again within
/// `seconds`.
public struct RatePolicy: Hashable, Sendable {
  /// 1 to 1,000,000.
  public var requests: Int
  /// 1 to 86,400.
  public var seconds: Int

  public init(requests: Int, seconds: Int) {
    self.requests = requests
    self.seconds = seconds
  }
}

/// What is left of an allowance after a request was counted.
struct Allowance: Hashable, Sendable {
  var policy: RatePolicy
  /// Whole requests that are left; `nil` where this one was too many.
  var remaining: Int?
  /// Seconds until there is one more, or until the bucket is full; at least 1.
  var seconds: Int

  /// The two headers of draft-ietf-httpapi-ratelimit-headers.
  var headers: [(String, String)] {
    [
      ("ratelimit-policy", "\"default\";q=\(policy.requests);w=\(policy.seconds)"),
      ("ratelimit", "\"default\";r=\(remaining ?? 0);t=\(seconds)"),
    ]
  }
}

/// The bucket of one credential. Decides in values: time is given.
struct TokenBucket: Hashable, Sendable {
  /// In nanoseconds of filling, so that whole numbers do.
  private var level: Int64
  private var updated: Int64

  /// A full one. Times are nanoseconds of a clock that never steps back.
  init(policy: RatePolicy, now: Int64) {
    level = Self.capacity(policy)
    updated = now
  }

  private static func capacity(_ policy: RatePolicy) -> Int64 {
    Int64(policy.seconds) * 1_000_000_000
  }

  /// Takes one request out, if there is one.
  mutating func take(policy: RatePolicy, now: Int64) -> Allowance {
    let capacity = Self.capacity(policy)
    level = min(capacity, level + max(0, now - updated))
    updated = now
    let cost = max(1, capacity / Int64(policy.requests))
    guard level >= cost else {
      return Allowance(
        policy: policy, remaining: nil, seconds: Self.seconds(cost - level))
    }
    level -= cost
    return Allowance(
      policy: policy, remaining: Int(level / cost), seconds: Self.seconds(capacity - level))
  }

  /// How full it is at `now`, of `RatePolicy.seconds` in nanoseconds.
  func level(policy: RatePolicy, now: Int64) -> Int64 {
    min(Self.capacity(policy), level + max(0, now - updated))
  }

  private static func seconds(_ nanoseconds: Int64) -> Int {
    max(1, Int((nanoseconds + 999_999_999) / 1_000_000_000))
  }
}

/// Counts the requests of every credential that this collector hears. Each collector counts alone.
final class AllowanceMeter<Key: Hashable & Sendable>: Sendable {
  private let policy: RatePolicy
  private let start = ContinuousClock.now
  private let buckets = Mutex<[Key: TokenBucket]>([:])
  /// How many are remembered. Where they are more, the fuller half is forgotten, which gives it least.
  private let most: Int

  init(policy: RatePolicy, most: Int = 10_000) {
    self.policy = policy
    self.most = most
  }

  /// Counts a request.
  func take(_ key: Key) -> Allowance {
    let now = now
    return buckets.withLock { buckets in
      if buckets.count >= most, buckets[key] == nil { forget(&buckets, now) }
      return buckets[key, default: TokenBucket(policy: policy, now: now)]
        .take(policy: policy, now: now)
    }
  }

  /// What counting a request would answer.
  func look(_ key: Key) -> Allowance {
    let now = now
    var bucket = buckets.withLock { $0[key] } ?? TokenBucket(policy: policy, now: now)
    return bucket.take(policy: policy, now: now)
  }

  private var now: Int64 {
    let elapsed = (ContinuousClock.now - start).components
    return elapsed.seconds &* 1_000_000_000 &+ elapsed.attoseconds / 1_000_000_000
  }

  private func forget(_ buckets: inout [Key: TokenBucket], _ now: Int64) {
    let emptiest = buckets.map { (key: $0.key, level: $0.value.level(policy: policy, now: now)) }
      .sorted { $0.level < $1.level }.prefix(most / 2)
    buckets = emptiest.reduce(into: [:]) { $0[$1.key] = buckets[$1.key] }
  }
}
