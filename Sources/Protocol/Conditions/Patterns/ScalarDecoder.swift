/// Takes UTF-8 byte by byte (RFC 3629); each byte that belongs to no character counts as one U+FFFD.
struct ScalarDecoder {
  enum Step {
    /// The character is not complete.
    case more
    case scalar(UInt32)
    /// So many bytes were no character; `again` where the byte that showed it is to be taken again.
    case broken(Int, again: Bool)
  }

  static let replacement: UInt32 = 0xfffd

  private var value: UInt32 = 0
  private(set) var held = 0
  private var wanted = 0
  private var next: ClosedRange<UInt8> = 0x80...0xbf

  /// Whether a character has begun.
  var isWithin: Bool { held > 0 }

  mutating func take(_ byte: UInt8) -> Step {
    guard isWithin else { return begin(byte) }
    guard next.contains(byte) else {
      let count = held
      held = 0
      return .broken(count, again: true)
    }
    value = value << 6 | UInt32(byte & 0x3f)
    held += 1
    next = 0x80...0xbf
    guard held == wanted else { return .more }
    held = 0
    return .scalar(value)
  }

  private mutating func begin(_ byte: UInt8) -> Step {
    switch byte {
    case 0..<0x80: return .scalar(UInt32(byte))
    case 0xc2...0xdf: (wanted, value) = (2, UInt32(byte & 0x1f))
    case 0xe0...0xef: (wanted, value) = (3, UInt32(byte & 0x0f))
    case 0xf0...0xf4: (wanted, value) = (4, UInt32(byte & 0x07))
    default: return .broken(1, again: false)
    }
    held = 1
    // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    switch byte {
    case 0xe0: next = 0xa0...0xbf
    case 0xed: next = 0x80...0x9f
    case 0xf0: next = 0x90...0xbf
    case 0xf4: next = 0x80...0x8f
    default: next = 0x80...0xbf
    }
    return .more
  }

  /// Ends the text; gives the bytes of a character that is not complete.
  mutating func finish() -> Int {
    let count = held
    held = 0
    return count
  }
}
