/// Texts that others write (names, reasons, a provider's answer), made fit to stand in a sentence.
///
/// What is taken out would do something instead of being shown: control characters, line breaks
/// (which end a mail's header), marks and overrides that turn the direction of what stands around
/// them, invisible characters. Letters, joiners and emoji stay as they are; what they mean to HTML or
/// to a chat is the matter of `TextPlace`.
public enum SafeText {
  /// Combining marks on one letter beyond which a text only climbs over its neighbours.
  private static let longestStack = 8

  /// Bytes of UTF-8 for each character that a text may have: no alphabet needs as many.
  private static let bytesForCharacter = 8

  /// `text` on one line of at most `limit` characters, and no more bytes than such a line needs in any
  /// alphabet.
  ///
  /// Whatever its size, only a small multiple of `limit` of it is looked at.
  public static func line(_ text: String, limit: Int) -> String {
    var scalars = String.UnicodeScalarView()
    var stack = 0
    var afterSpace = true
    for scalar in text.unicodeScalars.prefix(limit * 16) {
      if isSpace(scalar) {
        if !afterSpace { scalars.append(" ") }
        (afterSpace, stack) = (true, 0)
        continue
      }
      if acts(scalar) || isTag(scalar) && !isInFlag(scalars.last) { continue }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark:
        stack += 1
        if stack > longestStack { continue }
      default: stack = 0
      }
      scalars.append(scalar)
      afterSpace = false
    }
    if scalars.last == " " { scalars.removeLast() }
    let line = TextLimit(limit, .characters).clip(String(scalars))
    return TextLimit(limit * bytesForCharacter, .bytes).clip(line)
  }

  /// `text`, which `line` made, so that its direction ends where it ends: between FSI and PDI (UAX
  /// #9) if it holds letters that run from right to left.
  public static func isolated(_ text: String) -> String {
    text.unicodeScalars.contains(where: runsFromRight) ? "\u{2068}\(text)\u{2069}" : text
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace
  }

  /// Whether a character is no character to be shown.
  private static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x115f, 0x1160, 0x3164, 0xffa0, 0x180e, 0x200b, 0x200e,
      0x200f, 0x202a...0x202e,
      0x2060...0x206f, 0xfeff, 0xfff9...0xfffb:
      true
    default: scalar.properties.isNoncharacterCodePoint
    }
  }

  /// Invisible letters, of which only flags of regions are made: a black flag and tags.
  private static func isTag(_ scalar: Unicode.Scalar) -> Bool {
    0xe0000...0xe007f ~= scalar.value
  }

  private static func isInFlag(_ last: Unicode.Scalar?) -> Bool {
    last.map { $0.value == 0x1f3f4 || isTag($0) } ?? false
  }

  private static func runsFromRight(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x590...0x8ff, 0xfb1d...0xfdff, 0xfe70...0xfefc, 0x10800...0x10fff, 0x1e800...0x1efff:
      true
    default: false
    }
  }
}
