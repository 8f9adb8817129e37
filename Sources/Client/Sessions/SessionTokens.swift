import JSON

/// What a session consists of at one time. Both tokens are secrets; no form of it that is printed,
/// logged or reflected holds them.
public struct SessionTokens: Hashable, Sendable {
  /// Goes with every request; good for minutes.
  public var access: String
  /// Gets the next two tokens, once.
  public var refresh: String
  /// When the access token ends: milliseconds since 1970 by this machine's clock.
  public var accessEndsMs: Int64

  public init(access: String, refresh: String, accessEndsMs: Int64) {
    self.access = access
    self.refresh = refresh
    self.accessEndsMs = accessEndsMs
  }

  /// Reads the answer to a login or a refresh that came at `nowMs`; `nil` where it holds no tokens that
  /// a header can carry.
  init?(_ json: JSONValue, nowMs: Int64) {
    guard let access = json["access_token"]?.stringValue, Self.isToken(access),
      let refresh = json["refresh_token"]?.stringValue, Self.isToken(refresh),
      let seconds = json["expires_in"]?.integerValue
    else { return nil }
    self.access = access
    self.refresh = refresh
    accessEndsMs = nowMs + min(max(0, seconds), 86_400) * 1000
  }

  /// How long before its end an access token is not used any more: clocks differ a little, and a
  /// request takes its time.
  static let marginMs: Int64 = 60_000

  /// Whether the access token may be sent at `nowMs`.
  func isFresh(at nowMs: Int64) -> Bool { nowMs < accessEndsMs - Self.marginMs }

  private static func isToken(_ text: String) -> Bool {
    1...8192 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7e ~= $0 }
  }
}

extension SessionTokens: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "tokens of a session" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
