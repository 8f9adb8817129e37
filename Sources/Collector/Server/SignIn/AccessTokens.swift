import Crypto
import JWTKit
import Model
public import OpenSSL
public import Postgres
public import Store

/// Makes access tokens and judges them: JWTs of one form (RFC 9068), signed with ES256 by keys that
/// all collectors of a database share, and never of another algorithm, whatever a token says.
public actor AccessTokens {
  /// A token and how long it holds.
  public struct Made: Hashable, Sendable {
    public var text: String
    /// Seconds.
    public var lifetime: Int64
  }

  private let store: PostgresPool
  private let sealing: SealingKey
  /// Of whom the tokens are, and for whom: this installation.
  private let issuer: String
  private var keys: Keys?
  private var loading: Task<Keys, any Error>?

  private struct Keys: Sendable {
    var ring: SigningKeys.Ring
    var collection: JWTKeyCollection
    var readAt: ContinuousClock.Instant
    /// How long it may be used, from when it was read.
    var lifetime: Duration
  }

  /// Bytes of a token that are looked at.
  private static let longest = 2048
  /// How often a key that is not known is looked for, at most.
  private static let leastPause = Duration.seconds(5)

  /// - Parameter installation: names the installation for ever.
  public init(store: PostgresPool, sealing: SealingKey, installation: PostgresUUID) {
    self.store = store
    self.sealing = sealing
    issuer = "urn:uuid:\(Identifier<AccessToken>(high: installation.high, low: installation.low))"
  }

  /// A new token of a session that has just been begun or renewed.
  public func make(_ token: AccessToken) async throws -> Made {
    let keys = try await current()
    let now = Timestamp.now().microseconds / 1_000_000
    let claims = AccessClaims(
      iss: issuer, aud: issuer, sub: token.person.description, client_id: "upblit",
      sid: token.session.description, jti: Identifier<AccessToken>.random().description, iat: now,
      exp: now + SigningSchedule.tokenSeconds)
    let kid = JWKIdentifier(string: keys.ring.kid)
    let text = try await keys.collection.sign(claims, kid: kid, header: ["typ": "at+jwt"])
    return Made(text: text, lifetime: SigningSchedule.tokenSeconds)
  }

  /// Who a token speaks for; `nil` for one that is malformed, of another form or issuer, signed by a
  /// key that is not (or no longer) ours, or expired, all alike.
  public func verify(_ text: String) async throws -> AccessToken? {
    guard text.utf8.count <= Self.longest else { return nil }
    let bytes = Array(text.utf8)
    guard let header = try? DefaultJWTParser().parse(bytes, as: AccessClaims.self).header,
      header.alg == "ES256", header.typ?.lowercased() == "at+jwt", let kid = header.kid
    else { return nil }
    var keys = try await current()
    if keys.ring.publicKey(kid) == nil {
      guard keys.readAt.duration(to: .now) > Self.leastPause else { return nil }
      keys = try await load()
    }
    guard keys.ring.publicKey(kid) != nil,
      let claims = try? await keys.collection.verify(bytes, as: AccessClaims.self),
      claims.iss == issuer, claims.aud == issuer,
      claims.exp > Timestamp.now().microseconds / 1_000_000,
      let person = PersonID(claims.sub), let session = LoginSessionID(claims.sid)
    else { return nil }
    return AccessToken(person: person, session: session)
  }

  /// The keys that tokens are verified with, for other programs (RFC 7517).
  public func published() async throws -> [SigningKeys.Published] {
    try await current().ring.published
  }

  private func current() async throws -> Keys {
    if let keys, keys.readAt.duration(to: .now) < keys.lifetime { return keys }
    return try await load()
  }

  /// Reads the keys anew, once however many ask.
  private func load() async throws -> Keys {
    if let loading { return try await loading.value }
    let (store, sealing) = (store, sealing)
    let task = Task {
      let readAt = ContinuousClock.now
      let ring = try await store.run { try SigningKeys.ring(sealing: sealing, on: $0) }
      return Keys(
        ring: ring, collection: try await Self.collection(ring), readAt: readAt,
        lifetime: .microseconds(
          max(1_000_000, ring.lookAgainAt.microseconds - ring.readAt.microseconds)))
    }
    loading = task
    defer { loading = nil }
    let keys = try await task.value
    self.keys = keys
    return keys
  }

  private static func collection(_ ring: SigningKeys.Ring) async throws -> JWTKeyCollection {
    let collection = JWTKeyCollection()
    for key in ring.published where key.kid != ring.kid {
      let point = try P256.Signing.PublicKey(x963Representation: key.publicKey)
      await collection.add(
        ecdsa: try ES256PublicKey(backing: point), kid: JWKIdentifier(string: key.kid))
    }
    let signing = try P256.Signing.PrivateKey(derRepresentation: ring.signing.bytes())
    await collection.add(
      ecdsa: try ES256PrivateKey(backing: signing), kid: JWKIdentifier(string: ring.kid))
    return collection
  }
}
