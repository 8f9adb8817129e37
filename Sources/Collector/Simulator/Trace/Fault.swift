/// A stretch of the world's time, from `start` up to and without `end`, in ms since its beginning.
struct Span: Hashable, Sendable {
  var start: Int64
  var end: Int64

  func contains(_ moment: Int64) -> Bool { start <= moment && moment < end }

  /// Whether it meets `other`, which may come as much as `slack` later than this one's end.
  func meets(_ other: Span, slack: Int64 = 0) -> Bool {
    start <= other.end && other.start <= end &+ slack
  }
}

/// How a target fails.
enum Mode: Hashable, Sendable {
  case refused
  case wrongStatus
  /// Nothing comes back.
  case blackHole
}

/// A target that fails for everyone: the truth that a page should tell.
struct TargetOutage: Sendable {
  var span: Span
  var mode: Mode
  /// Only some of its probes fail.
  var isBrownout = false
  /// One of many that follow each other closely.
  var isFlap = false
}

/// What one agent suffers, or everyone at one provider.
struct AgentFault: Sendable {
  enum Kind: Hashable, Sendable {
    case resolver
    /// Targets cannot be reached; the collector can.
    case egress
    /// Neither can be reached.
    case uplink
    /// The process does not run for a while.
    case stall
    /// The collector cannot be reached; targets can.
    case partition
    case restart
    case clockStep
    /// The provider's fault: targets cannot be reached.
    case provider(link: Bool, canaries: Bool)
  }

  var span: Span
  var kind: Kind

  /// Whether the agent and the collector hear nothing of each other.
  var cutsLink: Bool {
    switch kind {
    case .uplink, .stall, .partition, .restart: true
    case .provider(let link, _): link
    case .resolver, .egress, .clockStep: false
    }
  }

  /// Whether a set of canaries fails meanwhile.
  var failsCanaries: Bool {
    switch kind {
    case .resolver, .egress, .uplink: true
    case .provider(_, let canaries): canaries
    case .stall, .partition, .restart, .clockStep: false
    }
  }
}

/// What befalls the probes of one agent at one target for a while.
struct Effect: Sendable {
  enum Kind: Sendable {
    case outage(Mode, failing: Double)
    case refusing
    case blackHole
    case resolver
    case stall
    case absent
  }

  var span: Span
  var kind: Kind
}

/// Effects in order of their beginning, quickly found by time.
struct Effects: Sendable {
  private(set) var all: [Effect]
  /// The latest end among all up to and including each.
  private var latestEnd: [Int64] = []

  init(_ effects: [Effect]) {
    all = effects.sorted { $0.span.start < $1.span.start }
    latestEnd.reserveCapacity(all.count)
    var latest = Int64.min
    for effect in all {
      latest = max(latest, effect.span.end)
      latestEnd.append(latest)
    }
  }

  /// How many begin at `moment` or before.
  private func begun(_ moment: Int64) -> Int {
    var low = 0
    var high = all.count
    while low < high {
      let middle = (low + high) / 2
      if all[middle].span.start <= moment { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Calls `body` with each effect at work at `moment`.
  @inline(__always)
  func forEach(at moment: Int64, _ body: (Effect) -> Void) {
    var index = begun(moment) - 1
    while index >= 0, latestEnd[index] > moment {
      if all[index].span.end > moment { body(all[index]) }
      index -= 1
    }
  }

  /// The earliest moment from `moment` on at which an effect is at work; `nil` if there is none.
  func next(from moment: Int64) -> Int64? {
    let count = begun(moment)
    if count > 0, latestEnd[count - 1] > moment { return moment }
    return count < all.count ? all[count].span.start : nil
  }
}
