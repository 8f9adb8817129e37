/// Texts of others as text in HTML, SVG and XML.
enum MarkupText {
  /// Appends `text` in one pass: the five characters of markup as references, and without those that
  /// XML forbids or that turn the direction of what stands around them.
  ///
  /// Left out are C0 (but tab and line feed), DEL, C1, the embeddings, overrides and isolates of UAX
  /// #9, U+FFFE and U+FFFF. The same escape is right between tags and within quoted attributes.
  static func escape(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
    var start = 0
    var index = 0
    while index < text.count {
      let length: Int
      let reference: StaticString
      switch text[index] {
      case UInt8(ascii: "&"): (length, reference) = (1, "&amp;")
      case UInt8(ascii: "<"): (length, reference) = (1, "&lt;")
      case UInt8(ascii: ">"): (length, reference) = (1, "&gt;")
      case UInt8(ascii: "\""): (length, reference) = (1, "&quot;")
      case UInt8(ascii: "'"): (length, reference) = (1, "&#39;")
      case 0x09, 0x0a:
        index += 1
        continue
      case 0..<0x20, 0x7f: (length, reference) = (1, "")
      case 0xc2 where follows(text, index, 0x80...0x9f): (length, reference) = (2, "")
      case 0xe2
      where follows(text, index, 0x80...0x80, 0xaa...0xae)
        || follows(text, index, 0x81...0x81, 0xa6...0xa9),
        0xef where follows(text, index, 0xbf...0xbf, 0xbe...0xbf):
        (length, reference) = (3, "")
      default:
        index += 1
        continue
      }
      bytes.append(contentsOf: text[start..<index])
      reference.withUTF8Buffer { bytes.append(contentsOf: $0) }
      index += length
      start = index
    }
    bytes.append(contentsOf: text[start..<text.count])
  }

  private static func follows(
    _ text: UnsafeBufferPointer<UInt8>, _ index: Int, _ ranges: ClosedRange<UInt8>...
  ) -> Bool {
    for (offset, range) in ranges.enumerated() {
      let place = index + 1 + offset
      guard place < text.count, range.contains(text[place]) else { return false }
    }
    return true
  }

  /// Whether there are letters that run from right to left: Hebrew to N'Ko and Arabic Extended
  /// (U+0590 to U+08FF), their presentation forms, and the scripts of the plane above.
  static func runsFromRight(_ text: String.UTF8View) -> Bool {
    var before: UInt8 = 0
    for byte in text {
      switch (before, byte) {
      case (_, 0xd6...0xdf), (0xe0, 0xa0...0xa3), (0xef, 0xac...0xbb), (0xf0, 0x90), (0xf0, 0x9e):
        return true
      default: before = byte
      }
    }
    return false
  }
}
