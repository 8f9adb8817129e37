/// Writes HTML, SVG and XML as UTF-8.
///
/// Markup can only be written from literals of the source (`StaticString`); whatever comes from
/// elsewhere goes through an escape. So no text of a user can become markup.
package struct MarkupWriter {
  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  /// Markup as it stands in the source.
  package mutating func raw(_ markup: StaticString) {
    markup.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  package mutating func number(_ value: some BinaryInteger) {
    bytes.append(contentsOf: String(value).utf8)
  }

  /// A number with one digit after the point, given in tenths.
  package mutating func tenths(_ value: Int) {
    number(value / 10)
    guard value % 10 != 0 else { return }
    raw(".")
    number(value.magnitude % 10)
  }

  /// The page's own words, and what is known to be harmless: escaped all the same, not isolated.
  package mutating func text(_ text: String) {
    var text = text
    text.withUTF8 { MarkupText.escape($0, into: &bytes) }
  }

  /// A user's text in HTML: its direction ends where it ends.
  package mutating func isolated(_ text: String) {
    raw("<bdi>")
    self.text(text)
    raw("</bdi>")
  }

  /// A user's text where no element can stand: in attributes, SVG and feeds. If it holds letters
  /// that run from right to left it stands between FSI and PDI (UAX #9).
  package mutating func plain(_ text: String) {
    guard MarkupText.runsFromRight(text.utf8) else { return self.text(text) }
    raw("\u{2068}")
    self.text(text)
    raw("\u{2069}")
  }

  /// Markup as text within other markup: escaped once more, its isolates kept.
  mutating func quoted(_ markup: MarkupWriter) {
    for byte in markup.bytes {
      switch byte {
      case UInt8(ascii: "&"): raw("&amp;")
      case UInt8(ascii: "<"): raw("&lt;")
      case UInt8(ascii: ">"): raw("&gt;")
      default: bytes.append(byte)
      }
    }
  }

  /// `<time datetime="...">words</time>`.
  package mutating func time(_ milliseconds: Int64) {
    let moment = Moment(milliseconds)
    raw("<time datetime=\"")
    text(moment.internet)
    raw("\">")
    text(moment.words)
    raw("</time>")
  }
}
