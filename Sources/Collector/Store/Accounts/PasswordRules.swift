/// What a password must be, at the least: long.
///
/// It is counted in Unicode scalars and taken as it is given: not trimmed, not cut, and not
/// normalized, so that a letter typed as one scalar once and as two another time makes another
/// password. There is no list of common ones; at twelve characters it would have to be long to find
/// any, so only what repeats itself is refused, and the person's own address.
public enum PasswordRules {
  /// Characters (Unicode scalars).
  public static let range = 12...256
  /// How many different ones there must be.
  public static let leastDifferent = 5

  /// Why a password is refused.
  public enum Problem: Error, Hashable, Sendable {
    case tooShort
    case tooLong
    case tooUniform
    case isOwnAddress
  }

  /// `nil` for a password that will do.
  public static func problem(with password: String, of email: EmailAddress) -> Problem? {
    let scalars = password.unicodeScalars
    let count = scalars.prefix(range.upperBound + 1).count
    if count < range.lowerBound { return .tooShort }
    if count > range.upperBound { return .tooLong }
    if Set(scalars).count < leastDifferent { return .tooUniform }
    if password.lowercased().utf8.elementsEqual(email.key.utf8) { return .isOwnAddress }
    return nil
  }
}
