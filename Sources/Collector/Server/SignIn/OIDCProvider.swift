public import AsyncHTTPClient
import JSON
import JWTKit
public import Logging
import NIOCore
import Postgres
import Signing

/// A provider of identities: what it says of itself, and the two questions that sign somebody in.
public actor OIDCProvider {
  public nonisolated let settings: OIDCSettings
  private let client: OIDCClient
  private let logger: Logger
  private var metadata: (value: OIDCMetadata, readAt: ContinuousClock.Instant)?
  private var keys: (value: JWTKeyCollection, kids: Set<String>, readAt: ContinuousClock.Instant)?

  /// Asks for what it says of itself; whoever comes meanwhile waits for the same answer.
  private var reading: Task<OIDCMetadata, any Error>?
  private var failure: (problem: any Error, at: ContinuousClock.Instant)?

  /// How long it is not asked again after it failed.
  private static let failurePause = Duration.seconds(5)
  /// How long what it said of itself is believed.
  private static let metadataLifetime = Duration.seconds(3600)
  /// How often its keys are read, at most: when a token names one that is not known.
  private static let leastKeyPause = Duration.seconds(30)
  private static let keyLifetime = Duration.seconds(3600)

  /// - Parameter logger: is told where the provider fails: its operator or ours must look.
  public init(_ settings: OIDCSettings, over http: HTTPClient, logger: Logger) {
    self.settings = settings
    self.logger = logger
    client = OIDCClient(http)
  }

  /// Where a browser that sets out is sent (OpenID Connect Core 1.0 section 3.1.2.1).
  public func address(of trip: OIDCTrip, returnTo redirect: String) async throws -> String {
    let endpoint = try await described().authorization
    let challenge = try trip.challenge
    let query = FormText.encode([
      ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", redirect),
      ("scope", "openid email profile"), ("state", trip.state), ("nonce", trip.nonce),
      ("code_challenge", challenge), ("code_challenge_method", "S256"),
    ])
    return endpoint + (endpoint.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query
  }

  /// Whom the code stands for that a browser brought back. Throws `OIDCProblem`.
  public func user(
    code: String, of trip: OIDCTrip, returnTo redirect: String, now: Timestamp
  ) async throws -> OIDCUser {
    // Who fails here has noted it.
    let metadata = try await described()
    do {
      return try await found(code, of: trip, returnTo: redirect, now: now, metadata)
    } catch {
      note(error)
      throw error
    }
  }

  private func found(
    _ code: String, of trip: OIDCTrip, returnTo redirect: String, now: Timestamp,
    _ metadata: OIDCMetadata
  ) async throws -> OIDCUser {
    let answer = try await client.exchange(
      code: code, verifier: trip.verifier, redirect: redirect, settings, metadata)
    guard let token = answer["id_token"]?.stringValue else {
      throw OIDCProblem.provider("its answer holds no id_token")
    }
    let claims = try await judged(token, metadata)
    try claims.check(settings, nonce: trip.nonce, now: now.microseconds / 1_000_000)
    var user = OIDCUser(
      issuer: claims.iss.value, subject: claims.sub.value, email: claims.email,
      isEmailVerified: claims.email_verified?.value ?? false, name: claims.name)
    if user.email == nil, let endpoint = metadata.userInfo,
      let access = answer["access_token"]?.stringValue
    {
      let told = try await client.json(endpoint, bearer: access)
      // Another person's, if it were believed (section 5.3.2).
      guard told["sub"]?.stringValue == user.subject else {
        throw OIDCProblem.provider("its UserInfo is of somebody else")
      }
      user.email = told["email"]?.stringValue
      user.isEmailVerified = told["email_verified"] == true || told["email_verified"] == "true"
      user.name = user.name ?? told["name"]?.stringValue
    }
    return user
  }

  private func described() async throws -> OIDCMetadata {
    if let metadata, metadata.readAt.duration(to: .now) < Self.metadataLifetime {
      return metadata.value
    }
    if let reading { return try await reading.value }
    if let failure, failure.at.duration(to: .now) < Self.failurePause { throw failure.problem }
    // Not the first caller's own: it may be gone before the others.
    let task = Task { try await read() }
    reading = task
    defer { reading = nil }
    do {
      let value = try await task.value
      (metadata, failure) = ((value, .now), nil)
      return value
    } catch {
      failure = (error, .now)
      note(error)
      throw error
    }
  }

  private func read() async throws -> OIDCMetadata {
    let document = try await client.json(
      settings.address + "/.well-known/openid-configuration", bearer: nil)
    return try OIDCMetadata(document, issuer: settings.issuer)
  }

  private func note(_ error: any Error) {
    guard case OIDCProblem.provider(let reason) = error else { return }
    logger.warning(
      "the provider of identities can't be used",
      metadata: ["issuer": "\(settings.issuer)", "reason": "\(reason)"])
  }

  /// The claims of a token whose signature is the provider's, with an algorithm of public keys.
  private func judged(_ token: String, _ metadata: OIDCMetadata) async throws -> IdentityClaims {
    let bytes = Array(token.utf8)
    guard bytes.count <= 32 * 1024,
      let header = try? DefaultJWTParser().parse(bytes, as: IdentityClaims.self).header,
      let algorithm = header.alg, OIDCMetadata.algorithms.contains(algorithm)
    else { throw OIDCProblem.provider("its id_token has a form that is not taken") }
    let (collection, kids) = try await keys(for: header.kid, metadata)
    // A collection takes any of its keys for one whose name it does not know.
    guard header.kid.map(kids.contains) ?? true else {
      throw OIDCProblem.provider("its id_token names a key that it does not publish")
    }
    do {
      return try await collection.verify(
        bytes, as: IdentityClaims.self, iteratingKeys: header.kid == nil)
    } catch {
      throw OIDCProblem.provider("its id_token is not signed by one of its keys")
    }
  }

  private func keys(
    for kid: String?, _ metadata: OIDCMetadata
  ) async throws -> (JWTKeyCollection, kids: Set<String>) {
    if let keys {
      let age = keys.readAt.duration(to: .now)
      let isKnown = kid.map { keys.kids.contains($0) } ?? true
      if age < Self.leastKeyPause || (isKnown && age < Self.keyLifetime) {
        return (keys.value, keys.kids)
      }
    }
    let document = try await client.json(metadata.keys, bearer: nil)
    let collection = JWTKeyCollection()
    var kids: Set<String> = []
    for (index, key) in (document["keys"]?.elements ?? []).prefix(64).enumerated() {
      // One that only encrypts, or of a kind that is not known, is none of ours.
      if let use = key["use"]?.stringValue, use != "sig" { continue }
      guard case .object(var members) = key else { continue }
      if members["kid"] == nil { members["kid"] = .string("unnamed-\(index)") }
      guard let jwk = try? JWK(json: JSONValue.object(members).text),
        jwk.keyType != .octetKeyPair
          || members["crv"] == "Ed25519", let name = jwk.keyIdentifier?.string
      else { continue }
      if (try? await collection.add(jwk: jwk)) != nil { kids.insert(name) }
    }
    guard !kids.isEmpty else { throw OIDCProblem.provider("it publishes no key that is known") }
    keys = (collection, kids, .now)
    return (collection, kids)
  }
}
