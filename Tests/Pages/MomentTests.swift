import Testing

@testable import Pages

/// Moments and the calendar.
struct MomentTests {
  private static let moments: [(Int64, String, String)] = [
    (0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
    (1_796_071_440_120, "2026-11-30T20:44:00Z", "Mon, 30 Nov 2026 20:44:00 +0000"),
    (951_782_399_999, "2000-02-28T23:59:59Z", "Mon, 28 Feb 2000 23:59:59 +0000"),
    (951_782_400_000, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
    (-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
  ]

  @Test(arguments: moments)
  func `a moment is written in both forms`(milliseconds: Int64, internet: String, mail: String) {
    #expect(Moment(milliseconds).internet == internet)
    #expect(Moment(milliseconds).mail == mail)
  }

  @Test(arguments: [Int64.min, Int64.max, Int64.min + 1])
  func `no number is too far`(milliseconds: Int64) {
    #expect(!Moment(milliseconds).precise.isEmpty)
  }

  @Test func `a month is read as it is written`() {
    #expect(CalendarMonth("2026-11") == CalendarMonth(of: Samples.now))
    #expect(CalendarMonth(of: Samples.now).description == "2026-11")
    for text in ["2026-13", "2026-00", "2026-1", "2026/11", "+026-11", "0000-01", "2026-11 ", ""] {
      #expect(CalendarMonth(text) == nil)
    }
  }

  private static let durations: [(Int64, String)] = [
    (-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"),
    (11_100, "3 h 5 min"), (86_400, "1 d"), (187_200, "2 d 4 h"),
  ]

  @Test(arguments: durations)
  func `a duration is told in at most two units`(seconds: Int64, words: String) {
    #expect(DurationWords.text(seconds: seconds) == words)
  }
}
