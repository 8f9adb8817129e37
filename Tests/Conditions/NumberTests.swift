import Testing

@testable import Conditions

@Suite struct `A number` {
  private static func number(_ text: String) -> ExactNumber? {
    ExactNumber(written: Array(text.utf8)[...])
  }

  /// From the smallest to the largest; those within one row are equal.
  static let order: [[String]] = [
    ["-1e400"], ["-9223372036854775809"], ["-9223372036854775808"], ["-2.5", "-25e-1"], ["-2"],
    ["-0.1"], ["-1e-400"], ["0", "-0", "0.000", "0e9", "0x0"], ["1e-400"],
    ["0.1", "1e-1", "0.100"],
    ["0.10000000000000000001"], ["1", "1.0", "10e-1", "0x1", "0b1", "0o1"], ["1.5"],
    ["10", "1e1", "1E+1", "0xA"], ["10.5"], ["9007199254740992"], ["9007199254740993"],
    ["9223372036854775806"],
    ["9223372036854775807", "9223372036854775807.0", "0x7fffffffffffffff"],
    ["9223372036854775808", "9223372036854775.808e3"], ["18446744073709551615"],
    ["18446744073709551616"], ["1e400", "10e399"], ["1.1e400"],
  ]

  @Test func `is compared exactly, whatever its size`() throws {
    for (index, row) in Self.order.enumerated() {
      for text in row {
        let number = try #require(Self.number(text), "\(text)")
        for (other, texts) in Self.order.enumerated() {
          for second in texts.compactMap(Self.number) {
            #expect((number < second) == (index < other), "\(text) < \(texts)")
            #expect((number == second) == (index == other), "\(text) == \(texts)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    "", "-", "+", "1.", ".5", "1e", "01", "00", "1e+", "0x", "0xg", "0b2", "0o8", "--1", "1 ", " 1",
    "NaN", "inf", "1_000", "1,5", "0x8000000000000000", "é",
  ])
  func `is none of these`(_ text: String) {
    #expect(Self.number(text) == nil)
  }

  @Test(arguments: [
    ("500ms", 500), ("30s", 30_000), ("48h", 172_800_000), ("1h30m", 5_400_000),
    ("14d", 1_209_600_000),
    ("1.5s", 1_500), ("0.001s", 1), ("1d2h3m4s5ms", 93_784_005), ("-1h", -3_600_000), ("0s", 0),
    ("90m", 5_400_000), ("106751991167d", 9_223_372_036_828_800_000),
  ])
  func `of milliseconds may be written as a duration`(_ text: String, _ milliseconds: Int64) {
    #expect(DurationText.milliseconds(Array(text.utf8)[...]) == milliseconds)
  }

  @Test(arguments: [
    "", "-", "5", "s", "1x", "1.s", ".5s", "1.5ms", "1.0001s", "500us", "1h 30m", "1h-30m",
    "106751991168d", "99999999999999999999s", "1.0000000000s", "1H",
    String(repeating: "1s", count: 33),
  ])
  func `is no duration where it is not one`(_ text: String) {
    #expect(DurationText.milliseconds(Array(text.utf8)[...]) == nil)
  }

  @Test(arguments: [
    (86_400_000, "24h"), (1_209_600_000, "336h"), (5_400_000, "1h30m"), (3_615_000, "1h15s"),
    (0, "0s"), (999, "0s"), (-3_600_500, "-1h"), (-999, "0s"), (Int64.min, "-2562047788015h12m55s"),
  ])
  func `of milliseconds is shown as hours, minutes and seconds`(_ value: Int64, _ text: String) {
    #expect(DurationText.written(value) == text)
  }
}
