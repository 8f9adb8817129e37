import COpenSSL

/// One side of an X25519 key agreement (RFC 7748).
public struct X25519: Sendable {
  /// Bytes in a private key, a public key and a shared secret.
  public static let byteCount = 32

  /// Kept by its owner alone.
  public let privateKey: [UInt8]
  /// Sent to the other side.
  public let publicKey: [UInt8]

  /// Draws a new key pair.
  public init() throws(OpenSSLError) {
    try self.init(privateKey: randomBytes(Self.byteCount))
  }

  /// Takes up a stored private key of 32 bytes.
  public init(privateKey: [UInt8]) throws(OpenSSLError) {
    guard
      let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, privateKey.count)
    else { throw OpenSSLError("take up an X25519 private key") }
    defer { EVP_PKEY_free(key) }
    var publicKey = [UInt8](repeating: 0, count: Self.byteCount)
    var count = publicKey.count
    guard EVP_PKEY_get_raw_public_key(key, &publicKey, &count) == 1 else {
      throw OpenSSLError("derive an X25519 public key")
    }
    self.privateKey = privateKey
    self.publicKey = publicKey
  }

  /// The secret shared with the owner of `peer`. Throws where the result would be all zeros.
  public func sharedSecret(with peer: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    guard
      let own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, privateKey.count)
    else { throw OpenSSLError("take up an X25519 private key") }
    defer { EVP_PKEY_free(own) }
    guard let other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, peer, peer.count) else {
      throw OpenSSLError("read the peer's X25519 key")
    }
    defer { EVP_PKEY_free(other) }
    guard let context = EVP_PKEY_CTX_new(own, nil) else { throw OpenSSLError("agree on a key") }
    defer { EVP_PKEY_CTX_free(context) }
    var secret = [UInt8](repeating: 0, count: Self.byteCount)
    var count = secret.count
    guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, other) == 1,
      EVP_PKEY_derive(context, &secret, &count) == 1, count == Self.byteCount,
      secret.contains(where: { $0 != 0 })
    else { throw OpenSSLError("agree on a key with this peer") }
    return secret
  }
}
