/// A small flat picture of one fact, to be put into other people's pages; the same for Shields.
public struct Badge: Hashable, Sendable {
  public var label: String
  public var message: String
  public var colour: DayColour

  /// Characters of a label or a message that are shown.
  static let mostCharacters = 48

  public init(label: String, message: String, colour: DayColour) {
    self.label = label
    self.message = message
    self.colour = colour
  }

  /// The state of the whole page.
  public static func status(of page: StatusPage) -> Badge {
    Badge(label: page.name, message: page.banner.words, colour: page.banner.state.colour)
  }

  /// The state of a component.
  public static func status(of component: Component) -> Badge {
    Badge(
      label: component.name, message: component.state.word.lowercased(),
      colour: component.state.colour)
  }

  /// The uptime of a component.
  public static func uptime(of component: Component, _ window: PageUptime.Window) -> Badge {
    let uptime = component.uptime[window]
    return Badge(
      label: "\(component.name) uptime \(window.rawValue)", message: uptime?.percent ?? "no data",
      colour: uptime?.colour ?? .grey)
  }

  /// The latest response time of a component, the middle of all regions.
  public static func response(of component: Component) -> Badge {
    guard let latest = component.response?.latest else {
      return Badge(label: "\(component.name) response", message: "no data", colour: .grey)
    }
    return Badge(
      label: "\(component.name) response", message: "\(latest) ms",
      colour: latest < 1000 ? .green : .amber)
  }

  /// The picture, SVG in UTF-8.
  public func svg() -> [UInt8] {
    let (label, message) = (Self.cut(label), Self.cut(message))
    let (left, right) = (Self.width(label) + 12, Self.width(message) + 12)
    var writer = MarkupWriter(capacity: 1024)
    writer.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" height=\"20\" width=\"")
    writer.number(left + right)
    writer.raw("\"><title>")
    writer.plain(label)
    writer.raw(": ")
    writer.plain(message)
    writer.raw("</title><rect rx=\"4\" height=\"20\" fill=\"#3a3f45\" width=\"")
    writer.number(left + right)
    writer.raw("\"/><path fill=\"")
    writer.raw(colour.hexadecimal)
    writer.raw("\" d=\"M")
    writer.number(left)
    writer.raw(" 0h")
    writer.number(right - 4)
    writer.raw("a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-")
    writer.number(right - 4)
    writer.raw(
      "z\"/><g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">")
    Self.text(label, at: 6, &writer)
    Self.text(message, at: left + 6, &writer)
    writer.raw("</g></svg>\n")
    return writer.bytes
  }

  private static func text(_ text: String, at x: Int, _ writer: inout MarkupWriter) {
    writer.raw("<text y=\"14\" x=\"")
    writer.number(x)
    writer.raw("\" textLength=\"")
    writer.number(width(text))
    writer.raw("\" lengthAdjust=\"spacingAndGlyphs\">")
    writer.plain(text)
    writer.raw("</text>")
  }

  /// About how wide a text is in Verdana of 11 pixels; `textLength` makes it exact.
  private static func width(_ text: String) -> Int {
    let tenths = text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]", " ": sum + 40
      case "f", "t", "r", "-", "/": sum + 48
      case "m", "w", "M", "W", "%", "@": sum + 105
      case "A"..."Z": sum + 76
      case "\u{0}"..."\u{2ff}": sum + 68
      default: sum + 115
      }
    }
    return max(6, (tenths + 9) / 10)
  }

  /// `text` on one line of at most `limit` characters.
  static func cut(_ text: String, _ limit: Int = mostCharacters) -> String {
    // A character may be a letter under thousands of marks: what is looked at is bounded in both.
    let start = String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit * 8)))
    let head = start.prefix(limit)
    return head.endIndex == start.endIndex && start.utf8.count == text.utf8.count
      ? start : "\(head)\u{2026}"
  }
}
