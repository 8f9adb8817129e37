/// Random numbers that depend on what they are for and on nothing else.
///
/// A draw is a hash of a key (seed, kind, entity, index): whoever asks for the same thing gets the
/// same number, in whatever order and on whatever thread, so that every policy meets the same trace.
/// The mixing is SplitMix64's finalizer (Steele, Lea, Flood 2014, "Fast splittable pseudorandom
/// number generators").
enum Draw {
  /// What a draw is for; numbers of different kinds are independent.
  enum Kind: UInt64 {
    case outage = 1
    case partial
    case transit
    case agentFault
    case provider
    case collectorLink
    case contentNetwork
    case restartStorm
    case edit
    case transient
    case latency
    case base
    case confirm
    case brownout
    case failureKind
    case canary
    case jitter
    case phase
    case rateLimit
    case lateness
  }

  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var word = value &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }

  /// The key of `kind` for two entities under `seed`.
  @inline(__always)
  static func key(_ seed: UInt64, _ kind: Kind, _ first: Int = 0, _ second: Int = 0) -> UInt64 {
    let start = mix(seed ^ mix(kind.rawValue))
    return mix(mix(start ^ UInt64(truncatingIfNeeded: first)) ^ UInt64(truncatingIfNeeded: second))
  }

  /// A number in [0, 1) for `index` under `key`.
  @inline(__always)
  static func unit(_ key: UInt64, _ index: Int64) -> Double {
    Double(mix(key ^ UInt64(bitPattern: index)) >> 11) * 0x1p-53
  }
}

/// A stream of random numbers: SplitMix64.
struct Stream {
  private var state: UInt64

  init(_ key: UInt64) { state = key }

  mutating func next() -> UInt64 {
    let word = Draw.mix(state)
    state = state &+ 0x9E37_79B9_7F4A_7C15
    return word
  }

  /// In [0, 1).
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// In (0, 1].
  private mutating func positive() -> Double { Double(next() >> 11 + 1) * 0x1p-53 }

  /// Uniform between `low` and `high`.
  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + unit() * (high - low) }

  mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  /// Below `count`.
  mutating func index(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

  /// Exponential with this mean.
  mutating func exponential(mean: Double) -> Double { -mean * Mathematics.log(positive()) }

  /// Standard normal, by the inverse of its distribution.
  mutating func normal() -> Double { Mathematics.normalQuantile(positive() * (1 - 0x1p-52)) }

  /// Log-normal: `median · e^(sigma · normal)`.
  mutating func logNormal(median: Double, sigma: Double) -> Double {
    median * Mathematics.exp(sigma * normal())
  }

  /// How many trials fail to happen before one does, each with `probability`.
  mutating func geometric(_ probability: Double) -> Double {
    guard probability < 1 else { return 0 }
    return (Mathematics.log(positive()) / Mathematics.log(1 - probability)).rounded(.down)
  }
}
