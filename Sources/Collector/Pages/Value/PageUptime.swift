/// How much of a time a component was up, with how much of it was measured.
public struct PageUptime: Hashable, Sendable, Codable {
  /// The four times that a page shows.
  public enum Window: String, CaseIterable, Hashable, Sendable, Codable {
    case day = "24h"
    case week = "7d"
    case month = "30d"
    case quarter = "90d"

    public var words: String {
      switch self {
      case .day: "24 hours"
      case .week: "7 days"
      case .month: "30 days"
      case .quarter: "90 days"
      }
    }
  }

  /// Seconds that were to be measured: the window since the component exists, without maintenance.
  public var expected: Int64
  /// Seconds of them of which a state is known; not more than `expected`.
  public var measured: Int64
  /// Seconds of those in which the component was down.
  public var down: Int64

  /// Negative and too large numbers are taken as the nearest that make sense.
  public init(expected: Int64, measured: Int64, down: Int64) {
    self.expected = max(expected, 0)
    self.measured = min(max(measured, 0), self.expected)
    self.down = min(max(down, 0), self.measured)
  }

  /// The rule that is published beside the number.
  public static let rule =
    "Uptime is the share of measured time in which a component was not down. Degraded time counts "
    + "as up. Maintenance and time without data are left out; coverage is the share of the time that was "
    + "measured."

  /// `99.98%`; `nil` where nothing was measured.
  ///
  /// Rounded down, so that 100% means that there was no downtime.
  public var percent: String? { Self.percent(measured - down, of: measured) }

  /// How much was measured, as `percent` is written.
  public var coverage: String { Self.percent(measured, of: expected) ?? "0%" }

  /// Whether some of the time was not measured.
  public var isPartial: Bool { measured < expected }

  /// `part` of `whole` with two digits after the point, rounded down; `nil` of nothing.
  static func percent(_ part: Int64, of whole: Int64) -> String? {
    guard whole > 0 else { return nil }
    if part >= whole { return "100%" }
    let hundredths = whole.dividingFullWidth(max(part, 0).multipliedFullWidth(by: 10_000)).quotient
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
  }

  /// Green from 99.9%, amber from 99%, red below; grey of nothing.
  var colour: DayColour {
    guard measured > 0 else { return .grey }
    let lost = down
    if lost <= measured / 1000 { return .green }
    return lost <= measured / 100 ? .amber : .red
  }
}
