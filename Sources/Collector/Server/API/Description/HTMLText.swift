/// HTML that is being written: everything that is not markup is escaped.
struct HTMLText {
  /// UTF-8.
  private(set) var bytes: [UInt8] = []

  /// Markup, which must hold no words of others.
  mutating func raw(_ markup: String) { bytes += markup.utf8 }

  /// Words.
  mutating func words(_ words: String) { Self.escape(words.utf8, into: &bytes) }

  /// An element of words.
  mutating func element(_ name: String, _ words: String) { element(name, words.utf8) }

  mutating func link(to target: String, _ words: String) {
    raw("<a href=\"")
    self.words(target)
    raw("\">")
    self.words(words)
    raw("</a>")
  }

  /// Paragraphs, parted by empty lines; what stands between backticks is code.
  mutating func prose(_ words: String) {
    let feed = UInt8(ascii: "\n")
    var paragraph: [UInt8] = []
    for line in words.utf8.split(separator: feed, omittingEmptySubsequences: false) + [""[...].utf8]
    {
      if !line.isEmpty {
        if !paragraph.isEmpty { paragraph.append(UInt8(ascii: " ")) }
        paragraph += line
      } else if !paragraph.isEmpty {
        raw("<p>")
        inline(paragraph)
        raw("</p>")
        paragraph = []
      }
    }
  }

  /// Words in which what stands between backticks is code.
  mutating func inline(_ words: String) { inline(Array(words.utf8)) }

  static func escaped(_ words: String) -> String {
    var bytes: [UInt8] = []
    escape(words.utf8, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func inline(_ words: [UInt8]) {
    let parts = words.split(separator: UInt8(ascii: "`"), omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if index.isMultiple(of: 2) { Self.escape(part, into: &bytes) } else { element("code", part) }
    }
  }

  private mutating func element(_ name: String, _ words: some Sequence<UInt8>) {
    raw("<\(name)>")
    Self.escape(words, into: &bytes)
    raw("</\(name)>")
  }

  /// Byte by byte: all that is markup is ASCII, whatever letters it is joined to.
  private static func escape(_ words: some Sequence<UInt8>, into bytes: inout [UInt8]) {
    for byte in words {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "'"): bytes += "&#39;".utf8
      default: bytes.append(byte)
      }
    }
  }
}
