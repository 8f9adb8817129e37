/// When an attempt that failed for now is made again.
///
/// The pauses are those that the Standard Webhooks specification gives as an example. They are
/// prolonged by chance, so that what failed together comes back apart, and never shortened.
public struct RetrySchedule: Hashable, Sendable {
  /// Before the first attempt, the second, and so on.
  public var pausesSeconds: [Int64]
  /// No attempt is made later than this after the first.
  public var longestSeconds: Int64

  public init(pausesSeconds: [Int64], longestSeconds: Int64) {
    self.pausesSeconds = pausesSeconds.map { min(max(0, $0), 604_800) }
    self.longestSeconds = min(max(0, longestSeconds), 2_592_000)
  }

  /// At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; four days in all.
  public static let standard = RetrySchedule(
    pausesSeconds: [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
    longestSeconds: 345_600)

  /// The same, but with no pause longer than `seconds`, and so with more attempts in the same time.
  public func pausing(atMost seconds: Int64) -> RetrySchedule {
    let most = max(1, seconds)
    guard pausesSeconds.contains(where: { $0 > most }) else { return self }
    var pauses = pausesSeconds.map { min($0, most) }
    let left = longestSeconds - pauses.reduce(0, +)
    pauses += Array(repeating: most, count: Int(max(0, left) / most))
    return RetrySchedule(pausesSeconds: pauses, longestSeconds: longestSeconds)
  }

  /// How much longer a pause may become by chance.
  static let jitter = 0.25

  /// The moment of the next attempt, or `nil` where there is none.
  ///
  /// - Parameters:
  ///   - attempts: how many were made; 1 after the first.
  ///   - firstAt: when the first was made, milliseconds since 1970.
  ///   - askedSeconds: the pause that the provider asked for, if it did.
  ///   - chance: even from 0 up to 1.
  public func next(
    after attempts: Int, firstAt: Int64, now: Int64, askedSeconds: Int? = nil, chance: Double
  ) -> Int64? {
    guard attempts >= 0, attempts < pausesSeconds.count else { return nil }
    let asked = Int64(min(max(0, askedSeconds ?? 0), 604_800))
    let pause = Double(max(pausesSeconds[attempts], asked)) * 1000
    let even = chance.isFinite ? min(max(chance, 0), 1) : 0
    let moment = now.addingReportingOverflow(Int64(pause * (1 + Self.jitter * even)))
    let spent = moment.partialValue.subtractingReportingOverflow(firstAt)
    guard !moment.overflow, !spent.overflow, spent.partialValue <= longestSeconds * 1000 else {
      return nil
    }
    return moment.partialValue
  }
}

/// When people are told again of what still stands.
public struct ReminderSchedule: Hashable, Sendable {
  /// The shortest time between two words of one matter.
  public static let leastSeconds: Int64 = 300

  /// After how long without a word; at least `leastSeconds`.
  public var everySeconds: Int64
  /// How often at most.
  public var most: Int

  public init(everySeconds: Int64, most: Int = 100) {
    self.everySeconds = min(max(Self.leastSeconds, everySeconds), 2_592_000)
    self.most = max(0, most)
  }

  /// When the next is due; `nil` where somebody has the matter in hand, it is over, or enough was said.
  ///
  /// - Parameters:
  ///   - reminders: how many there were.
  ///   - lastToldAt: when the matter's last word was delivered, milliseconds since 1970.
  public func next(
    reminders: Int, lastToldAt: Int64, isAcknowledged: Bool, isOver: Bool
  ) -> Int64? {
    guard !isAcknowledged, !isOver, reminders < most else { return nil }
    let (moment, overflow) = lastToldAt.addingReportingOverflow(everySeconds * 1000)
    return overflow ? nil : moment
  }
}
