import Pages
import Quorum

/// What a page tells of a component's past, added up from its verdicts.
///
/// Days are those of UTC. Regional verdicts count as up, partial ones too, but theirs are days that
/// were not whole. Pauses and maintenance are no time that counts.
struct ComponentHistory {
  /// The monitor's verdicts, as `VerdictInterval.intervals` makes them: in order and apart.
  var intervals: [VerdictInterval]
  var pauses: [TimeSpan]
  var maintenances: [TimeSpan]
  /// Milliseconds since 1970.
  var createdAt: Int64
  var now: Int64

  private static let dayMs: Int64 = 86_400_000

  /// The last ninety days, oldest first; those before the monitor was made hold nothing.
  func days() -> [ComponentDay] {
    let today = now / Self.dayMs
    var first = 0
    return (0..<Int64(StatusPage.mostDays)).map { number in
      let begin = (today - Int64(StatusPage.mostDays) + 1 + number) * Self.dayMs
      let day = TimeSpan(from: max(begin, createdAt), to: min(begin + Self.dayMs, now))
      while first < intervals.count, intervals[first].to <= begin { first += 1 }
      let held = intervals[first...].prefix { $0.from < day.to }
      return Self.day(day, Array(held), self)
    }
  }

  private static func day(
    _ day: TimeSpan, _ intervals: [VerdictInterval], _ history: ComponentHistory
  ) -> ComponentDay {
    guard day.lengthMs > 0 else { return ComponentDay(state: .noData, coverage: 0) }
    let uptime = history.uptime(of: intervals, in: day)
    let isMaintained = history.maintenances.contains {
      min($0.to, day.to) > max($0.from, day.from)
    }
    let known = uptime.upMs + uptime.downMs
    let state: ComponentState =
      if uptime.downMs > 0 {
        .down
      } else if uptime.degradedMs + uptime.partialMs > 0 {
        .degraded
      } else if isMaintained {
        .maintenance
      } else {
        known > 0 ? .up : .noData
      }
    return ComponentDay(
      state: state, downtime: Int32(clamping: (uptime.downMs + 999) / 1000),
      coverage: UInt16(clamping: uptime.spanMs > 0 ? known * 1000 / uptime.spanMs : 0))
  }

  /// The times that pages tell.
  func uptimes() -> [PageUptime.Window: PageUptime] {
    var uptimes: [PageUptime.Window: PageUptime] = [:]
    for window in PageUptime.Window.allCases {
      let span = TimeSpan(from: max(now - window.days * Self.dayMs, createdAt), to: now)
      guard span.lengthMs > 0 else { continue }
      let uptime = uptime(of: intervals, in: span)
      uptimes[window] = PageUptime(
        expected: uptime.spanMs / 1000, measured: (uptime.upMs + uptime.downMs) / 1000,
        // A second that was begun is told, so that no outage is rounded away.
        down: (uptime.downMs + 999) / 1000)
    }
    return uptimes
  }

  private func uptime(of intervals: [VerdictInterval], in span: TimeSpan) -> Uptime {
    Uptime(intervals, from: span.from, to: span.to, excluding: pauses + maintenances)
  }
}

extension PageUptime.Window {
  var days: Int64 {
    switch self {
    case .day: 1
    case .week: 7
    case .month: 30
    case .quarter: 90
    }
  }
}

extension ComponentState {
  /// What the public is told of a verdict. Where one region of several can't reach a service, those
  /// who live there have the right to see that something is known of it.
  init(_ verdict: Verdict?) {
    self =
      switch verdict {
      case .up: .up
      case .degraded, .partial, .regional: .degraded
      case .down: .down
      case .unknown, nil: .noData
      }
  }
}
