/// How often a monitor went down of late, after the shape of RFC 2439 (route flap damping): every DOWN
/// adds to a penalty that halves every quarter of an hour, whatever the interval.
///
/// Above one limit its comings and goings are not told any more, until the penalty is below another;
/// verdicts and incidents are recorded all the same.
public struct Damping: Hashable, Sendable, Codable {
  /// The penalty at `at`.
  public private(set) var penalty: Int64 = 0
  /// When it last went down, collector time (ms).
  public private(set) var at: Int64 = 0
  /// Whether its comings and goings are not told.
  public private(set) var isSuppressing = false
  /// Whether it was said that it flaps.
  public var isTold = false

  static let perDown: Int64 = 1_000
  static let suppressAbove: Int64 = 2_000
  static let reuseBelow: Int64 = 750
  /// From here the penalty is below `reuseBelow` after an hour: so long, and no longer, does it last
  /// after the last DOWN, however many there were.
  static let most: Int64 = 11_999
  /// Below this a penalty is forgotten: seven halvings of one DOWN.
  static let negligible: Int64 = 8
  static let halfLifeMinutes: Int64 = 15
  static let minuteMs: Int64 = 60_000
  /// 2^(-minute / 15) in parts of 65,536.
  static let decay: [Int64] = [
    65_536, 62_576, 59_751, 57_052, 54_476, 52_016, 49_667, 47_424, 45_283, 43_238, 41_285, 39_421,
    37_641, 35_941, 34_318,
  ]

  public init() {}

  /// What is left of the penalty at `now` (collector time, ms); it falls by whole minutes.
  public func penalty(at now: Int64) -> Int64 {
    let minutes = max(0, now &- at) / Self.minuteMs
    let halvings = minutes / Self.halfLifeMinutes
    guard halvings < 32 else { return 0 }
    return (penalty >> halvings) * Self.decay[Int(minutes % Self.halfLifeMinutes)] / 65_536
  }

  /// It went down at `now`.
  public mutating func add(at now: Int64) {
    penalty = min(Self.most, penalty(at: now) + Self.perDown)
    at = now
    if penalty > Self.suppressAbove { isSuppressing = true }
  }

  /// Ends the suppression if the penalty allows; true if it did just now.
  public mutating func relax(at now: Int64) -> Bool {
    guard isSuppressing, penalty(at: now) < Self.reuseBelow else { return false }
    isSuppressing = false
    return true
  }

  /// When the suppression ends if it does not go down again, collector time (ms); `nil` where there
  /// is none.
  public var relaxesAt: Int64? {
    guard isSuppressing else { return nil }
    var moment = at
    while penalty(at: moment) >= Self.reuseBelow { moment &+= Self.minuteMs }
    return moment
  }

  /// Whether nothing of it is left at `now`.
  public func isForgotten(at now: Int64) -> Bool {
    !isSuppressing && penalty(at: now) < Self.negligible
  }

  /// Moves with a clock that was set back.
  mutating func move(by step: Int64) { at &+= step }
}
