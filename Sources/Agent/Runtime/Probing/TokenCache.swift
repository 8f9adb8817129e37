import AgentCore
import Model

/// Access tokens that later probes use again. It belongs to the prober's thread.
///
/// A token is found by all that it was fetched with, the secret included, so that no check is lent what
/// another was given.
final class TokenCache {
  /// More are not kept; the one that ends soonest goes first.
  static let limit = 1_024

  struct Key: Hashable {
    let client: HTTPAuthentication.OAuth2
    let tls: TLSWishes
    let proxy: Proxy?
  }

  /// Where an endpoint takes the client's id and secret (RFC 6749 section 2.3.1).
  enum Place { case header, body }

  private var tokens: [Key: AccessToken] = [:]
  private var places: [Key: Place] = [:]

  func token(for key: Key, nowUs: Int64) -> AccessToken? {
    guard let token = tokens[key] else { return nil }
    guard let end = token.expiresAtUs, end > nowUs else {
      tokens[key] = nil
      return nil
    }
    return token
  }

  func keep(_ token: AccessToken, for key: Key) {
    guard token.expiresAtUs != nil else { return }
    if tokens.count >= Self.limit, tokens[key] == nil,
      let first = tokens.min(by: { ($0.value.expiresAtUs ?? 0) < ($1.value.expiresAtUs ?? 0) })
    {
      tokens[first.key] = nil
    }
    tokens[key] = token
  }

  func drop(_ key: Key) { tokens[key] = nil }

  func place(for key: Key) -> Place { places[key] ?? .header }

  func note(_ place: Place, for key: Key) {
    if places.count >= Self.limit { places = [:] }
    places[key] = place
  }
}
