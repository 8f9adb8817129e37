import JSON
import Model
public import OpenSSL
public import Postgres
import Signing
public import Store

/// What a browser carries on its way to a provider and back: the secrets that tie the answer to the
/// question, sealed, so that the collector need not remember who set out.
public struct OIDCTrip: Hashable, Sendable {
  /// Comes back in the address (RFC 6749 section 10.12).
  public var state: String
  /// Comes back in the identity token (OpenID Connect Core 1.0 section 3.1.2.1).
  public var nonce: String
  /// Shown at the exchange (RFC 7636 section 4.1).
  public var verifier: String
  public var startedAt: Timestamp
  /// Who wants the identity added to their account; `nil`: who wants to sign in.
  public var linking: PersonID?

  /// How long it may take, seconds.
  public static let lifetime: Int64 = 600
  private static let context = Array("oidc trip".utf8)

  /// Sets out.
  public init(linking: PersonID? = nil) throws(OpenSSLError) {
    func secret() throws(OpenSSLError) -> String {
      Base64.encode(try randomBytes(32), .urlWithoutPadding)
    }
    state = try secret()
    nonce = try secret()
    verifier = try secret()
    startedAt = .now()
    self.linking = linking
  }

  /// What the provider is shown of `verifier` (RFC 7636 section 4.2, S256).
  public var challenge: String {
    get throws(OpenSSLError) {
      Base64.encode(try SHA256.digest(Array(verifier.utf8)), .urlWithoutPadding)
    }
  }

  /// As the browser carries it.
  public func sealed(_ key: SealingKey) throws -> String {
    let object: JSONValue = [
      "state": .string(state), "nonce": .string(nonce), "verifier": .string(verifier),
      "started_at": .integer(startedAt.microseconds), "linking": .optional(linking?.description),
    ]
    return Base64.encode(try key.seal(object.bytes, context: Self.context), .urlWithoutPadding)
  }

  /// What a browser brought back, with the state in the address. Throws `mismatch` and `expired`.
  public init(
    sealed text: String, state: String, _ key: SealingKey, now: Timestamp
  ) throws(OIDCProblem) {
    guard let bytes = Base64.decode(text, .urlWithoutPadding),
      let opened = try? key.open(bytes, context: Self.context),
      let object = try? JSONValue(parsing: opened),
      let known = object["state"]?.stringValue, let nonce = object["nonce"]?.stringValue,
      let verifier = object["verifier"]?.stringValue,
      let started = object["started_at"]?.integerValue,
      equalInConstantTime(Array(known.utf8), Array(state.utf8))
    else { throw .mismatch }
    let age = now.microseconds - started
    guard (-60_000_000...Self.lifetime * 1_000_000).contains(age) else { throw .expired }
    self.state = known
    self.nonce = nonce
    self.verifier = verifier
    startedAt = Timestamp(microseconds: started)
    linking = object["linking"]?.stringValue.flatMap { PersonID($0) }
  }
}
