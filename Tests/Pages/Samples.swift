@testable import Pages

/// Values that the tests of this folder share; each call makes the same.
enum Samples {
  /// 30 November 2026, 20:44 UTC.
  static let now: Int64 = 1_796_071_440_000
  static let day: Int64 = 86_400_000
  static let address = PageAddress(origin: "https://status.example.org", path: "/status/acme")

  /// Texts that try to be more than text.
  static let hostile = [
    "<b>bold</b> & \"quoted\" 'single'", "</script><script>alert(1)</script>", "]]><x/>", "-->",
    "<img src=x onerror=alert(1)>", "\" onload=\"alert(1)", "' style='x", "javascript:alert(1)",
    "\u{202e}gnp.exe\u{202c} \u{2066}x", "אתר ראשי", "متجر", "🔥👨‍👩‍👧‍👦🇩🇪 shop", "a\r\nb\tc\n\nd",
    "\u{0}\u{7}\u{1b}[31m\u{7f}\u{85}",
    "\u{fffe}x\u{ffff}", "<\u{338}script>", "e" + String(repeating: "\u{301}", count: 3000),
    String(repeating: "&<>\"'", count: 500), "&amp;lt;", "{{7*7}}${x}", "",
  ]

  /// Ninety days that are up but for `events`, counted back from today.
  static func days(_ events: [Int: ComponentDay] = [:]) -> [ComponentDay] {
    (0..<90).map { events[89 - $0] ?? ComponentDay(state: .up) }
  }

  static func component(
    _ id: String = "api", _ name: String = "API", _ state: ComponentState = .up,
    events: [Int: ComponentDay] = [1: ComponentDay(state: .down, downtime: 720)],
    regions: [String] = ["Frankfurt", "Virginia", "Singapore"]
  ) -> Component {
    var uptime: [PageUptime.Window: PageUptime] = [:]
    for window in PageUptime.Window.allCases {
      uptime[window] = PageUptime(expected: 86_400, measured: 86_400, down: 720)
    }
    return Component(
      id: id, name: name, state: state, createdAt: now - 200 * day, updatedAt: now - 60_000,
      days: days(events), uptime: uptime,
      regions: regions.map { RegionState(name: $0, state: $0 == "Virginia" ? state : .up) },
      response: response(regions))
  }

  static func response(_ regions: [String]) -> ResponseTimes {
    ResponseTimes(
      start: now - day, step: 600_000,
      series: regions.enumerated().map { index, region in
        ResponseTimes.Series(
          region: region,
          values: (0..<144).map { $0 % 50 == 7 ? nil : Int32(40 + index * 60 + $0 % 13) })
      })
  }

  static func incident(
    _ name: String = "Elevated errors", impact: IncidentImpact = .major, resolved: Bool = false,
    body: String = "We look into it."
  ) -> PageIncident {
    PageIncident(
      id: resolved ? "i1" : "i2", name: name, impact: impact, startedAt: now - 2 * day,
      resolvedAt: resolved ? now - 2 * day + 5_400_000 : nil,
      updates: [
        .init(id: "u1", status: .investigating, body: body, at: now - 2 * day + 60_000),
        .init(id: "u2", status: .monitoring, body: body, at: now - 2 * day + 3_600_000),
      ], components: ["api", "unknown"])
  }

  static func maintenance(_ name: String = "Database upgrade", from: Int64) -> PageMaintenance {
    PageMaintenance(
      id: "m\(from)", name: name, createdAt: now - 3 * day, scheduledFor: now + from,
      scheduledUntil: now + from + 7_200_000,
      updates: [.init(id: "u3", status: .scheduled, body: "Writes pause.", at: now - 3 * day)],
      components: ["api"])
  }

  /// A page with something of everything, every text of users in it being `text` where given.
  static func page(text: String? = nil) -> StatusPage {
    func name(_ plain: String) -> String { text ?? plain }
    let regions = ["Frankfurt", "Virginia", "Singapore"].map { text.map { $0 + "x" } ?? $0 }
    var api = component("api", name("API"), .degraded, regions: regions)
    api.description = text.map { $0 + "x" } ?? "Public API"
    return StatusPage(
      id: "p1", name: name("Acme"), description: text.map { $0 + "x" } ?? "How we are doing.",
      address: address, now: now,
      groups: [
        ComponentGroup(id: "g0", name: nil, components: [api]),
        ComponentGroup(
          id: "g1", name: name("Shop"),
          components: [
            component("store", name("Store")), component("pay", name("Payments"), .down),
          ]),
      ],
      incidents: [
        incident(name("Elevated errors"), body: name("We look into it.")),
        incident(name("Slow search"), impact: .minor, resolved: true, body: name("Over.")),
      ],
      maintenances: [
        maintenance(name("Database upgrade"), from: day),
        maintenance(name("Moving"), from: -3_600_000),
      ])
  }

  /// All HTML pages of a page.
  static func documents(of page: StatusPage) -> [[UInt8]] {
    [page.html(), page.historyHTML(CalendarMonth(of: now))]
      + (page.incidents.map(\.id) + page.maintenances.map(\.id)).compactMap(page.incidentHTML)
      + page.components.map(\.id).compactMap(page.componentHTML)
  }

  /// All SVG files of a page.
  static func pictures(of page: StatusPage) -> [[UInt8]] {
    [Badge.status(of: page).svg()]
      + page.components.flatMap { component in
        [
          Badge.status(of: component).svg(), Badge.response(of: component).svg(),
          Badge.uptime(of: component, .quarter).svg(),
          component.response.map { ResponseChart($0, name: component.name).svg() } ?? [],
        ]
      }
  }
}
