import Model
import OpenSSL
import Wire

/// The proofs of the four-frame handshake and the session keys that come of it.
///
/// Both sides feed it the frames as they were sent or received, from the length field on. Versions
/// and features stand inside the transcript, so a downgrade breaks both proofs.
public struct HandshakeProof: Sendable {
  /// The channel binding of plain loopback.
  public static let noChannelBinding = [UInt8](repeating: 0, count: 32)

  private let keys: AgentKeys
  private let channelBinding: [UInt8]
  private let firstTranscript: [UInt8]

  /// - Parameters:
  ///   - channelBinding: SHA-256 of the collector certificate's SubjectPublicKeyInfo as this side
  ///     sees it, or ``noChannelBinding``.
  public init(
    keys: AgentKeys, channelBinding: [UInt8], helloFrame: [UInt8], challengeFrame: [UInt8]
  ) throws(OpenSSLError) {
    self.keys = keys
    self.channelBinding = channelBinding
    firstTranscript = try SHA256.digest(helloFrame + challengeFrame)
  }

  /// What AUTH's proof must be.
  public func agentProof(for auth: Auth) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter()
    auth.encodeRemainder(to: &writer)
    return try agentProof(remainder: writer.bytes)
  }

  /// What AUTH's proof must be, over the rest of its body as it was received.
  public func agentProof(remainder: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    try proof("upb1 A", transcript: firstTranscript, remainder: remainder)
  }

  /// What WELCOME's proof must be.
  public func collectorProof(
    for welcome: Welcome, authFrame: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    var writer = ByteWriter()
    welcome.encodeRemainder(to: &writer)
    return try collectorProof(remainder: writer.bytes, authFrame: authFrame)
  }

  /// What WELCOME's proof must be, over the rest of its body as it was received.
  public func collectorProof(
    remainder: [UInt8], authFrame: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    try proof("upb1 C", transcript: secondTranscript(authFrame), remainder: remainder)
  }

  /// The keys for the tags of every frame after WELCOME.
  public func sessionKeys(authFrame: [UInt8]) throws(OpenSSLError) -> SessionKeys {
    let key = try HKDF.extract(salt: secondTranscript(authFrame), key: keys.root)
    return SessionKeys(
      agentToCollector: try HKDF.expand(key, info: Array("upb1 a>c".utf8)),
      collectorToAgent: try HKDF.expand(key, info: Array("upb1 c>a".utf8)))
  }

  private func secondTranscript(_ authFrame: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    try SHA256.digest(firstTranscript + authFrame)
  }

  private func proof(
    _ label: String, transcript: [UInt8], remainder: [UInt8]
  ) throws(OpenSSLError) -> [UInt8] {
    try HMAC.tag(
      key: keys.auth,
      Array(label.utf8) + transcript + channelBinding + SHA256.digest(remainder))
  }
}

/// The keys of one session: one for each direction, 32 bytes each.
public struct SessionKeys: Hashable, Sendable {
  public let agentToCollector: [UInt8]
  public let collectorToAgent: [UInt8]

  public init(agentToCollector: [UInt8], collectorToAgent: [UInt8]) {
    self.agentToCollector = agentToCollector
    self.collectorToAgent = collectorToAgent
  }
}
