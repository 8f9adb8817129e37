import Pages

/// What every page of the console has around its content.
public struct ConsoleFrame: Sendable {
  public enum Section: String, Sendable, CaseIterable {
    case overview, monitors, incidents, channels, agents

    var path: StaticString {
      switch self {
      case .overview: "/"
      case .monitors: "/monitors"
      case .incidents: "/incidents"
      case .channels: "/channels"
      case .agents: "/agents"
      }
    }

    var words: StaticString {
      switch self {
      case .overview: "Overview"
      case .monitors: "Monitors"
      case .incidents: "Incidents"
      case .channels: "Channels"
      case .agents: "Agents"
      }
    }
  }

  /// `nil` before somebody signed in.
  public var viewer: Viewer?
  public var section: Section?
  /// Now, milliseconds since 1970.
  public var now: Int64
  /// Names a form's next sending, so that it happens once however often it is sent.
  public var once: String

  public init(viewer: Viewer?, section: Section? = nil, now: Int64, once: String = "") {
    self.viewer = viewer
    self.section = section
    self.now = now
    self.once = once
  }

  /// A whole document whose main part `content` writes.
  ///
  /// - Parameter isNarrow: a form alone in the middle, such as signing in.
  func document(
    title: String, isNarrow: Bool = false, _ content: (inout MarkupWriter) -> Void
  ) -> [UInt8] {
    var writer = MarkupWriter(capacity: 32_768)
    head(title, &writer)
    writer.raw("<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n")
    writer.raw(StateIcon.definitions)
    header(&writer)
    writer.raw(isNarrow ? "<main id=\"main\" class=\"narrow\">\n" : "<main id=\"main\">\n")
    content(&writer)
    writer.raw("</main>\n<p class=\"v\" id=\"said\" role=\"status\"></p>\n</body>\n</html>\n")
    return writer.bytes
  }

  private func head(_ title: String, _ writer: inout MarkupWriter) {
    writer.raw("<!DOCTYPE html>\n<html lang=\"en\"")
    if let organization = viewer?.organization {
      writer.raw(" data-organization=\"")
      writer.text(organization.id)
      writer.raw("\"")
    }
    writer.raw(
      """
      >
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>
      """)
    writer.plain(title)
    writer.raw(" \u{2013} Upblit</title>\n<link rel=\"icon\" href=\"/console-assets/icon.svg\">\n")
    writer.raw("<link rel=\"stylesheet\" href=\"/console-assets/")
    writer.text(ConsoleStylesheet.name)
    writer.raw("\">\n<script src=\"/console-assets/")
    writer.text(ConsoleScript.name)
    writer.raw("\" defer></script>\n</head>\n")
  }

  private func header(_ writer: inout MarkupWriter) {
    writer.raw("<header class=\"top\"><div class=\"bar\">\n<a class=\"brand\" href=\"/\">")
    writer.raw(Self.mark)
    writer.raw("Upblit</a>\n")
    guard let viewer else {
      writer.raw("</div></header>\n")
      return
    }
    writer.raw("<nav aria-label=\"Main\"><ul>")
    for section in Section.allCases {
      writer.raw("<li><a href=\"")
      writer.raw(section.path)
      writer.raw(section == self.section ? "\" aria-current=\"page\">" : "\">")
      writer.raw(section.words)
      writer.raw("</a></li>")
    }
    writer.raw("</ul></nav>\n<div class=\"who\">")
    organization(viewer, &writer)
    writer.raw("<form method=\"post\" action=\"/sign-out\"><button class=\"plain\" title=\"")
    writer.plain(viewer.email)
    writer.raw("\">Sign out</button></form></div>\n</div></header>\n")
  }

  /// The organization's name; a choice where there are several.
  private func organization(_ viewer: Viewer, _ writer: inout MarkupWriter) {
    guard let organization = viewer.organization else { return }
    guard viewer.organizations.count > 1 else {
      writer.raw("<span class=\"org\">")
      writer.isolated(organization.name)
      writer.raw("</span>\n")
      return
    }
    writer.raw("<details class=\"org\"><summary><span class=\"v\">Organization: </span>")
    writer.isolated(organization.name)
    writer.raw("</summary><form method=\"post\" action=\"/organization\"><ul>")
    for other in viewer.organizations {
      writer.raw("<li><button class=\"plain\" name=\"organization\" value=\"")
      writer.text(other.id)
      writer.raw(other.id == organization.id ? "\" aria-current=\"true\">" : "\">")
      writer.isolated(other.name)
      writer.raw("</button></li>")
    }
    writer.raw("</ul></form></details>\n")
  }

  private static let mark: StaticString = """
    <svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><path d="M1 11h4l2.5-7 4.5 13 3-6h4"/></svg>
    """
}

extension MarkupWriter {
  /// Begins a form that changes something in the viewer's organization.
  mutating func form(_ action: String, _ frame: ConsoleFrame, marks: StaticString = "") {
    raw("<form method=\"post\" action=\"")
    text(action)
    raw("\"")
    raw(marks)
    raw(">")
    hidden("organization", frame.viewer?.organization?.id ?? "")
    hidden("once", frame.once)
  }

  /// A form of one button.
  mutating func button(
    _ words: StaticString, _ action: String, _ frame: ConsoleFrame, marks: StaticString = ""
  ) {
    form(action, frame, marks: " class=\"one\"")
    raw("<button")
    raw(marks)
    raw(">")
    raw(words)
    raw("</button></form>\n")
  }

  /// How long ago something was, with the moment itself as a title.
  mutating func age(of milliseconds: Int64, at now: Int64) {
    raw("<span class=\"age\" title=\"")
    text(Words.moment(milliseconds))
    raw("\">")
    text(Words.duration(milliseconds, now))
    raw("</span>")
  }

  /// The page's heading with what can be done beside it.
  mutating func heading(_ words: StaticString, _ actions: (inout MarkupWriter) -> Void = { _ in }) {
    raw("<div class=\"head\"><h1>")
    raw(words)
    raw("</h1><div class=\"acts\">")
    actions(&self)
    raw("</div></div>\n")
  }

  /// A link to the next page of a list.
  mutating func more(_ path: String, query: [(String, String)], next: String?) {
    guard let next else { return }
    raw("<p class=\"pages\"><a href=\"")
    text(path)
    raw("?")
    for (name, value) in query where !value.isEmpty {
      text(name)
      raw("=")
      text(Words.encoded(value))
      raw("&amp;")
    }
    raw("cursor=")
    text(Words.encoded(next))
    raw("\">More</a></p>\n")
  }
}

/// Texts that pages are made of.
enum Words {
  /// `30 Nov 2026, 20:44 UTC`.
  static func moment(_ milliseconds: Int64) -> String { MomentWords.text(milliseconds) }

  static func duration(_ from: Int64, _ to: Int64) -> String {
    DurationWords.text(seconds: (to &- from) / 1000)
  }

  /// A value of a query (RFC 3986).
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func count(_ number: Int64, _ one: String, _ many: String) -> String {
    number == 1 ? "1 \(one)" : "\(number) \(many)"
  }
}
