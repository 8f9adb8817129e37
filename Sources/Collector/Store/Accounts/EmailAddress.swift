/// An e-mail address by which a person is known: a dot-atom, `@` and a domain name (RFC 5321 section
/// 4.1.2), all in ASCII.
///
/// Two addresses that differ only in capitals are one person's, though a mail server might tell them
/// apart, and letters beyond ASCII are refused: nobody else should be able to come under an address
/// that looks the same. A domain of other letters is written as its `xn--` form (RFC 5890 section
/// 2.3.2.1). Quoted local parts and addresses in brackets are refused too.
public struct EmailAddress: Hashable, Sendable {
  /// As it was given, without spaces around it.
  public let text: String
  /// In small letters: what is compared.
  public let key: String

  /// `nil` unless it is such an address: a local part of 1 to 64 bytes and a domain of labels of 1 to
  /// 63, 254 bytes in all (RFC 5321 section 4.5.3.1).
  public init?(_ text: String) {
    let bytes = Self.trim(Array(text.utf8))
    guard bytes.count <= 254 else { return nil }
    let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else { return nil }
    self.text = String(decoding: bytes, as: UTF8.self)
    key = String(decoding: bytes.map(Self.small), as: UTF8.self)
  }

  public static func == (left: Self, right: Self) -> Bool { left.key == right.key }

  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  /// A dot-atom of 64 bytes at most (RFC 5322 section 3.2.3).
  private static func isLocal(_ part: ArraySlice<UInt8>) -> Bool {
    part.count <= 64
      && part.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0.allSatisfy(isAtom)
      }
  }

  private static func isDomain(_ part: ArraySlice<UInt8>) -> Bool {
    part.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
      let hyphen = UInt8(ascii: "-")
      return 1...63 ~= $0.count && $0.first != hyphen && $0.last != hyphen
        && $0.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
    }
  }

  private static func isAtom(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch small(byte) {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  private static func small(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  private static func trim(_ bytes: [UInt8]) -> [UInt8] {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(bytes[first...last])
  }
}
