import Testing

@testable import Alerts

struct RetryScheduleTests {
  private let first: Int64 = 1_000_000

  @Test(arguments: [
    (0, 0.0, Int64(0)), (1, 0, 5), (1, 0.8, 6), (2, 0, 300), (3, 0, 1800), (4, 0, 7200),
    (5, 0, 18_000), (6, 0, 36_000), (7, 0, 50_400), (8, 0, 72_000), (9, 0, 86_400),
    (9, 1, 108_000),
  ])
  func `pauses grow, and chance only prolongs them`(attempts: Int, chance: Double, seconds: Int64) {
    let next = RetrySchedule.standard.next(
      after: attempts, firstAt: first, now: first, chance: chance)
    #expect(next == first + seconds * 1000)
  }

  @Test func `there is an end to attempts, and to the time they take`() {
    let schedule = RetrySchedule.standard
    #expect(schedule.next(after: 10, firstAt: first, now: first, chance: 0) == nil)
    #expect(schedule.next(after: -1, firstAt: first, now: first, chance: 0) == nil)
    let late = first + 345_600_000
    #expect(schedule.next(after: 1, firstAt: first, now: late - 5000, chance: 0) == late)
    #expect(schedule.next(after: 1, firstAt: first, now: late - 4999, chance: 0) == nil)
    #expect(schedule.next(after: 1, firstAt: .min, now: .max, chance: 1) == nil)
    #expect(schedule.next(after: 1, firstAt: 0, now: .max, chance: .nan) == nil)
  }

  @Test(arguments: [
    (1, 60, Int64(60)), (2, 60, 300), (1, -5, 5), (1, Int.max, nil),
  ])
  func `a provider that asks for a longer pause gets it`(
    attempts: Int, asked: Int, seconds: Int64?
  ) {
    let next = RetrySchedule.standard.next(
      after: attempts, firstAt: first, now: first, askedSeconds: asked, chance: 0)
    #expect(next == seconds.map { first + $0 * 1000 })
  }

  @Test func `pauses can be bounded, for as many attempts as fit in the same time`() {
    let schedule = RetrySchedule.standard.pausing(atMost: 120)
    #expect(schedule.longestSeconds == RetrySchedule.standard.longestSeconds)
    #expect(schedule.pausesSeconds.prefix(4) == [0, 5, 120, 120])
    #expect(schedule.pausesSeconds.allSatisfy { $0 <= 120 })
    let all = schedule.pausesSeconds.reduce(0, +)
    #expect((schedule.longestSeconds - 120...schedule.longestSeconds).contains(all))
    let short = RetrySchedule(pausesSeconds: [0, 5], longestSeconds: 60)
    #expect(short.pausing(atMost: 120) == short)
  }

  @Test(arguments: [
    (0, false, false, Int64(1_600_000)), (1, false, false, 1_600_000), (2, false, false, nil),
    (0, true, false, nil), (0, false, true, nil),
  ])
  func `reminders end with the matter, with a hand on it, and by their number`(
    reminders: Int, isAcknowledged: Bool, isOver: Bool, next: Int64?
  ) {
    #expect(
      ReminderSchedule(everySeconds: 600, most: 2).next(
        reminders: reminders, lastToldAt: first, isAcknowledged: isAcknowledged, isOver: isOver)
        == next)
    #expect(ReminderSchedule(everySeconds: 1).everySeconds == 300)
  }
}
