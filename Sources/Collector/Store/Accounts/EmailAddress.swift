/// An e-mail address by which a person is known (RFC 5321 section 4.1.2, as far as it is used).
///
/// Two addresses that differ only in capitals are one person's, though a mail server might tell them
/// apart: nobody else should be able to come under a name that looks the same.
public struct EmailAddress: Hashable, Sendable {
  /// As it was given, without spaces around it.
  public let text: String
  /// In small letters: what is compared.
  public let key: String

  /// `nil` unless there is one `@` between a local part of 1 to 64 bytes and a domain, 254 bytes in
  /// all (RFC 5321 section 4.5.3.1), without spaces and control characters.
  public init?(_ text: String) {
    let trimmed = Self.trim(text)
    guard trimmed.utf8.count <= 254,
      trimmed.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && !Self.isControl($0) })
    else { return nil }
    let parts = trimmed.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, 1...64 ~= parts[0].utf8.count, parts[1].utf8.count >= 1,
      !parts[1].hasPrefix("."), !parts[1].hasSuffix(".")
    else { return nil }
    self.text = trimmed
    key = trimmed.lowercased()
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.key.utf8.elementsEqual(right.key.utf8)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(Array(key.utf8)) }

  private static func trim(_ text: String) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }

  /// Controls, formats such as the marks of direction, and lone surrogates' like.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
