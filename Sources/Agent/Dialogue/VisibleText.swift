/// Short pieces of what a target said, fit to stand in a sentence: controls are written as escapes.
public enum VisibleText {
  /// At most `limit` bytes of UTF-8 that nobody vouches for, with an ellipsis where it was cut.
  public static func excerpt(_ bytes: some Collection<UInt8>, limit: Int = 80) -> String {
    let text = String(decoding: bytes.prefix(limit + 4), as: UTF8.self)
    let result = excerpt(text, limit: limit)
    return bytes.count > limit + 4 && !result.hasSuffix("…") ? result + "…" : result
  }

  /// At most `limit` bytes of a text, with an ellipsis where it was cut.
  public static func excerpt(_ text: String, limit: Int = 80) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      let piece = visible(scalar)
      count += piece.utf8.count
      guard count <= limit else { return result + "…" }
      result += piece
    }
    return result
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 9: return "\\t"
    case 10: return "\\n"
    case 13: return "\\r"
    case 0..<0x20, 0x7f...0x9f:
      let digits = String(scalar.value, radix: 16)
      return digits.count < 2 ? "\\x0\(digits)" : "\\x\(digits)"
    // Marks that are not seen, or turn the direction of writing.
    case 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe007f:
      return "\u{fffd}"
    default: return String(scalar)
    }
  }
}
