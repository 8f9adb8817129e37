/// What proves to a collector who asks. No form of it that is printed, logged or reflected holds the
/// secret.
public enum Credential: Hashable, Sendable {
  /// A long-lived key, `upb_key_...`.
  case apiKey(APIKey)
  /// A person's session: access tokens of minutes, each got with the one before it.
  case session(SessionCredential)

  /// A key by its text; `nil` for what can't be one.
  public init?(_ text: String) {
    guard let key = APIKey(text) else { return nil }
    self = .apiKey(key)
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    switch self {
    case .apiKey: "an API key"
    case .session: "a session"
    }
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// An API key: `upb_key_` and what follows, printable ASCII of at most 200 bytes.
public struct APIKey: Hashable, Sendable {
  /// The whole text. Keep it out of logs.
  public let secret: String

  public static let prefix = "upb_key_"

  /// `nil` for what can't be a key; whether it is one the collector says.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), text.utf8.count <= 200,
      text.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
    else { return nil }
    secret = text
  }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { Self.prefix + "..." }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
