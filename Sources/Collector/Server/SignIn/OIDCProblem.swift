/// Why nobody could be signed in by a provider. The texts are for the person, and hold no secrets.
public enum OIDCProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The provider can't be reached, or does not speak as it should: its operator or ours must look.
  case provider(String)
  /// The provider sent the browser back without an answer: its own word, such as `access_denied`.
  case refused(String)
  /// What came back does not belong to what was asked: begin again.
  case mismatch
  /// The trip took too long: begin again.
  case expired

  public var description: String {
    switch self {
    case .provider(let reason): "The provider of identities can't be used: \(reason)."
    case .refused(let word): "The provider of identities answered \"\(word)\"."
    case .mismatch: "The answer does not belong to this sign-in; begin again."
    case .expired: "The sign-in took too long; begin again."
    }
  }
}
