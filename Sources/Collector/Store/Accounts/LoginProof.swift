public import OpenSSL

/// What somebody has shown of who they are, when they sign in.
public enum LoginProof: Hashable, Sendable {
  /// The password, verified against this hash (or rehashed to it).
  case password(PasswordHash)
  /// The password, and a one-time code or a recovery code, either of which was just verified.
  case passwordAndCode(PasswordHash)
  /// A provider of identities vouches for the person, and asks for what it sees fit: no code is asked
  /// for here.
  case provider

  /// What the password was verified against.
  var verified: PasswordHash? {
    switch self {
    case .password(let hash), .passwordAndCode(let hash): hash
    case .provider: nil
    }
  }

  /// Why it does not let a person in who has this password and, or not, a second factor; `nil` where
  /// it does.
  func refusal(passwordHash: String?, hasSecondFactor: Bool) -> AccountRefusal? {
    if let verified, verified.text != passwordHash { return .changedMeanwhile }
    if hasSecondFactor, case .password = self { return .secondFactorRequired }
    return nil
  }

  /// Whether a second factor that the person has was shown.
  func shows(secondFactor: Bool) -> Bool {
    guard secondFactor, case .passwordAndCode = self else { return false }
    return true
  }
}
