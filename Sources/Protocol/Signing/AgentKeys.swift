import Model
import OpenSSL

/// The keys of one agent under one key id.
public struct AgentKeys: Hashable, Sendable {
  /// The root of 32 bytes that both sides derived; kept secret and encrypted at rest.
  public let root: [UInt8]
  /// Proves agent and collector to each other.
  public let auth: [UInt8]
  /// Signs batches.
  public let batch: [UInt8]

  public init(root: [UInt8]) throws(OpenSSLError) {
    self.root = root
    auth = try HKDF.expand(root, info: Array("upb1 auth".utf8))
    batch = try HKDF.expand(root, info: Array("upb1 batch".utf8))
  }

  /// The first root of an agent, or the one that a rotation leads to.
  ///
  /// `secret` is the token's, or the root that is being replaced; `shared` comes from X25519.
  public static func deriveRoot(
    secret: [UInt8], shared: [UInt8], agentNonce: [UInt8], collectorNonce: [UInt8], agent: AgentID,
    keyID: UInt32
  ) throws(OpenSSLError) -> [UInt8] {
    let number = stride(from: 24, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: keyID >> UInt32($0))
    }
    return try HKDF.derive(
      salt: agentNonce + collectorNonce, key: secret + shared,
      info: Array("upb1 root".utf8) + agent.bytes + number)
  }
}
