import JSON
import Pages

/// What one address below `/status/<slug>` shows.
enum PageView: Hashable, Sendable {
  case overview
  /// The present month where it is `nil`.
  case history(CalendarMonth?)
  case incident(String)
  case component(String)
  case chart(String)
  case atom
  case rss
  case document(StatuspageDocument)
  case badge(Badge, isSVG: Bool)

  /// What a badge tells.
  enum Badge: Hashable, Sendable {
    case status
    case componentStatus(String)
    case uptime(String, PageUptime.Window)
    case response(String)
  }

  /// Reads the segments behind the slug; `nil` where nothing is.
  init?(_ segments: [Substring]) {
    let words = segments.map(String.init)
    switch words.count {
    case 0: self = .overview
    case 1:
      switch words[0] {
      case "history": self = .history(nil)
      case "feed.atom": self = .atom
      case "feed.rss": self = .rss
      // The same document where other programs look for it.
      case "summary.json": self = .document(.summary)
      default: return nil
      }
    case 2 where words[0] == "history":
      guard let month = CalendarMonth(words[1]) else { return nil }
      self = .history(month)
    case 2 where words[0] == "incidents": self = .incident(words[1])
    case 2 where words[0] == "components": self = .component(words[1])
    case 3 where words[0] == "components" && words[2] == "response.svg": self = .chart(words[1])
    case _ where words[0] == "badge":
      guard let badge = Self.badge(words.dropFirst()) else { return nil }
      self = badge
    case 3... where words[0] == "api" && words[1] == "v2":
      let name = words.dropFirst(2).joined(separator: "/")
      guard let document = StatuspageDocument(rawValue: name) else { return nil }
      self = .document(document)
    default: return nil
    }
  }

  /// `status.svg`, `ID/status.svg`, `ID/uptime/90d.svg`, `ID/response.svg`, and with `.json` what
  /// shields.io makes one of.
  private static func badge(_ words: ArraySlice<String>) -> PageView? {
    var words = Array(words)
    guard let last = words.popLast() else { return nil }
    let isSVG = last.hasSuffix(".svg")
    guard isSVG || last.hasSuffix(".json") else { return nil }
    let name = String(last.dropLast(isSVG ? 4 : 5))
    switch (words.count, name) {
    case (0, "status"): return .badge(.status, isSVG: isSVG)
    case (1, "status"): return .badge(.componentStatus(words[0]), isSVG: isSVG)
    case (1, "response"): return .badge(.response(words[0]), isSVG: isSVG)
    case (2, _) where words[1] == "uptime":
      guard let window = PageUptime.Window(rawValue: name) else { return nil }
      return .badge(.uptime(words[0], window), isSVG: isSVG)
    default: return nil
    }
  }

  /// The type of its bytes.
  private var type: String {
    switch self {
    case .overview, .history, .incident, .component: "text/html; charset=utf-8"
    case .chart: "image/svg+xml"
    case .atom: "application/atom+xml; charset=utf-8"
    case .rss: "application/rss+xml; charset=utf-8"
    case .document: "application/json"
    case .badge(_, let isSVG): isSVG ? "image/svg+xml" : "application/json"
    }
  }

  /// Whether pages of other origins may read it.
  private var isForPrograms: Bool {
    switch self {
    case .overview, .history, .incident, .component: false
    case .chart, .atom, .rss, .document, .badge: true
    }
  }

  /// Those bytes as they are handed out.
  func answer(_ bytes: [UInt8]) -> KeptAnswer {
    KeptAnswer(bytes, type: type, caching: .page, isForPrograms: isForPrograms)
  }

  /// The bytes that show it; `nil` where the page has no such part.
  func bytes(of page: StatusPage) -> [UInt8]? {
    switch self {
    case .overview: page.html()
    case .history(let month): Self.history(month, of: page)
    case .incident(let id): page.incidentHTML(id)
    case .component(let id): page.componentHTML(id)
    case .chart(let id): Self.chart(id, of: page)
    case .atom: page.atom()
    case .rss: page.rss()
    case .document(let document): document.bytes(of: page)
    case .badge(let badge, let isSVG):
      Self.badge(badge, of: page).map { isSVG ? $0.svg() : $0.shields.bytes }
    }
  }

  /// Months before the page's first component, and to come, are none of its own.
  private static func history(_ month: CalendarMonth?, of page: StatusPage) -> [UInt8]? {
    let present = CalendarMonth(of: page.now)
    guard let month else { return page.historyHTML(present) }
    let first = CalendarMonth(of: page.components.map(\.createdAt).min() ?? page.now)
    guard month <= present, month >= first else { return nil }
    return page.historyHTML(month)
  }

  private static func chart(_ id: String, of page: StatusPage) -> [UInt8]? {
    guard let component = page.component(id), let response = component.response else { return nil }
    return ResponseChart(response, name: component.name).svg()
  }

  private static func badge(_ badge: Badge, of page: StatusPage) -> Pages.Badge? {
    switch badge {
    case .status: .status(of: page)
    case .componentStatus(let id): page.component(id).map { .status(of: $0) }
    case .uptime(let id, let window): page.component(id).map { .uptime(of: $0, window) }
    case .response(let id): page.component(id).map { .response(of: $0) }
    }
  }
}
