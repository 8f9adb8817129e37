/// What proves to a collector who asks.
///
/// One case today; sessions of people join it when the collector has them. No form of it that is
/// printed, logged or reflected holds the secret.
public enum Credential: Hashable, Sendable {
  /// A long-lived key, `upb_key_...`.
  case apiKey(APIKey)

  /// Tells the kind by its prefix; `nil` for what can't be a credential.
  public init?(_ text: String) {
    guard let key = APIKey(text) else { return nil }
    self = .apiKey(key)
  }

  /// The secret's whole text, for storing it.
  public var secret: String {
    switch self {
    case .apiKey(let key): key.secret
    }
  }

  /// The value of the header `Authorization` (RFC 6750).
  var authorization: String {
    switch self {
    case .apiKey(let key): "Bearer \(key.secret)"
    }
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    switch self {
    case .apiKey: "an API key"
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
