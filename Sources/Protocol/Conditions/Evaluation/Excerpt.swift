/// Short pieces of what a target said, fit to stand in a sentence.
enum Excerpt {
  /// Whether a character is not shown as it is: controls, and marks that are not seen or turn the
  /// direction of writing, so that a sentence could read as another.
  static func isMasked(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e,
      0x2060...0x206f, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe007f:
      true
    default: false
    }
  }

  /// The text with U+FFFD in place of what is not shown.
  static func masked(_ text: String) -> String { of(text, limit: .max) }

  /// At most `limit` bytes of a text, whole characters, with an ellipsis where it was cut.
  static func of(_ text: String, limit: Int) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      let piece = isMasked(scalar) ? "\u{fffd}" : scalar
      count += UTF8.width(piece)
      guard count <= limit else { return result + "…" }
      result.unicodeScalars.append(piece)
    }
    return result
  }

  /// At most `limit` bytes of UTF-8 that nobody vouches for.
  static func of(_ bytes: ArraySlice<UInt8>, limit: Int) -> String {
    // What can't be shown takes three bytes each, so that a little more than the limit suffices.
    let text = of(String(decoding: bytes.prefix(limit + 4), as: UTF8.self), limit: limit)
    return bytes.count > limit + 4 && !text.hasSuffix("…") ? text + "…" : text
  }
}
