import Pages

/// A page with something of everything, in groups of ten.
enum LargePage {
  private static let minute: Int64 = 60_000
  private static let day: Int64 = 86_400_000
  /// 2026-11-30T21:44:00Z.
  static let now: Int64 = 1_796_075_040_000

  static func make(components: Int) -> StatusPage {
    var groups: [ComponentGroup] = []
    for first in stride(from: 0, to: components, by: 10) {
      groups.append(
        ComponentGroup(
          id: "g\(first)", name: first == 0 ? nil : "Group \(first / 10)",
          components: (first..<min(first + 10, components)).map(component)))
    }
    return StatusPage(
      id: "page", name: "Acme & Söhne", description: "How everything is doing.",
      address: PageAddress(origin: "http://127.0.0.1", path: "/status/acme"), now: now,
      groups: groups, incidents: (0..<20).map(incident), maintenances: (0..<4).map(maintenance))
  }

  private static let names = ["Payments", "Search <beta>", "Zahlungsübersicht", "אתר ראשי", "検索 🔎"]

  private static func component(_ number: Int) -> Component {
    let states: [ComponentState] = [.up, .up, .up, .degraded, .up, .up, .down, .up, .maintenance]
    var uptime: [PageUptime.Window: PageUptime] = [:]
    for window in PageUptime.Window.allCases {
      uptime[window] = PageUptime(
        expected: 7_776_000, measured: 7_770_000 - Int64(number % 3) * 900,
        down: Int64(number % 7) * 400)
    }
    return Component(
      id: "c\(number)", name: "\(names[number % names.count]) \(number)",
      description: number.isMultiple(of: 4) ? "What number \(number) is for." : "",
      state: states[number % states.count], createdAt: now - 200 * day, updatedAt: now - minute,
      days: (0..<90).map { days(number, $0) }, uptime: uptime,
      regions: ["Frankfurt", "Virginia", "Singapore"].enumerated().map { index, name in
        RegionState(name: name, state: index == 0 ? states[number % states.count] : .up)
      }, response: response(number))
  }

  private static func days(_ number: Int, _ day: Int) -> ComponentDay {
    switch (number * 31 + day) % 43 {
    case 0: ComponentDay(state: .down, downtime: 720)
    case 1: ComponentDay(state: .degraded, coverage: 940)
    case 2 where day < 20: ComponentDay(state: .noData, coverage: 0)
    default: ComponentDay(state: .up)
    }
  }

  private static func response(_ number: Int) -> ResponseTimes {
    ResponseTimes(
      start: now - day, step: 10 * minute,
      series: ["Frankfurt", "Virginia", "Singapore"].enumerated().map { index, region in
        .init(
          region: region,
          values: (0..<144).map { step in
            step % 50 == 49 ? nil : Int32(40 + index * 90 + (step * 7 + number) % 23)
          })
      })
  }

  private static func incident(_ number: Int) -> PageIncident {
    let began = now - Int64(number) * 2 * day - 90 * minute
    let words: [IncidentStatus] = [.investigating, .identified, .monitoring, .resolved]
    let isOver = number > 1
    return PageIncident(
      id: "i\(number)", name: "Elevated errors in group \(number)",
      impact: IncidentImpact.allCases[number % 4], startedAt: began,
      resolvedAt: isOver ? began + 60 * minute : nil,
      updates: words.prefix(isOver ? 4 : 2).enumerated().map { index, word in
        .init(
          id: "u\(number)-\(index)", status: word,
          body: "We know more by now.\nSome requests are answered late.",
          at: began + Int64(index) * 20 * minute)
      }, components: ["c\(number)", "c\(number + 1)"])
  }

  private static func maintenance(_ number: Int) -> PageMaintenance {
    let from = now + (Int64(number) - 1) * day - 30 * minute
    return PageMaintenance(
      id: "m\(number)", name: "Database upgrade \(number)", createdAt: now - 9 * day,
      scheduledFor: from, scheduledUntil: from + 120 * minute, components: ["c\(number)"])
  }
}
