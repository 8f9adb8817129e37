import COpenSSL

/// ECDSA on P-256 with SHA-256, as JSON Web Signatures have it (RFC 7518 section 3.4): a signature
/// is r ‖ s, 32 bytes each.
public enum ES256 {
  /// Bytes in a signature.
  public static let signatureCount = 64
  /// Bytes in a public key: 4, then x and y of 32 bytes each (SEC 1 section 2.3.3).
  public static let publicCount = 65

  /// A key that signs. `@unchecked Sendable`: OpenSSL counts its owners atomically, and nothing
  /// changes it after `init`.
  public final class PrivateKey: @unchecked Sendable {
    private let key: OpaquePointer
    /// The point that others verify with: 65 bytes.
    public let publicKey: [UInt8]

    /// Draws a new one.
    public convenience init() throws(OpenSSLError) {
      guard let key = upblit_generate_p256() else { throw OpenSSLError("make a P-256 key") }
      try self.init(owned: key)
    }

    /// Takes up what `bytes` gave.
    public convenience init(bytes: [UInt8]) throws(OpenSSLError) {
      let key: OpaquePointer? = bytes.withUnsafeBufferPointer { buffer in
        var next = buffer.baseAddress
        return d2i_AutoPrivateKey(nil, &next, buffer.count)
      }
      guard let key else { throw OpenSSLError("read a P-256 key") }
      try self.init(owned: key)
    }

    private init(owned key: OpaquePointer) throws(OpenSSLError) {
      var point: UnsafeMutablePointer<UInt8>?
      let count = EVP_PKEY_get1_encoded_public_key(key, &point)
      guard count == ES256.publicCount, let point else {
        CRYPTO_free(point, nil, 0)
        EVP_PKEY_free(key)
        throw OpenSSLError("read a P-256 key's public part")
      }
      defer { CRYPTO_free(point, nil, 0) }
      publicKey = Array(UnsafeBufferPointer(start: point, count: count))
      self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// The key as DER (RFC 5915), for keeping it sealed.
    public func bytes() throws(OpenSSLError) -> [UInt8] {
      var der: UnsafeMutablePointer<UInt8>?
      let count = i2d_PrivateKey(key, &der)
      guard count > 0, let der else { throw OpenSSLError("write a P-256 key") }
      defer { CRYPTO_clear_free(der, Int(count), nil, 0) }
      return Array(UnsafeBufferPointer(start: der, count: Int(count)))
    }

    /// The signature of `message`.
    public func signature(of message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
      guard let context = EVP_MD_CTX_new() else { throw OpenSSLError("sign with P-256") }
      defer { EVP_MD_CTX_free(context) }
      var der = [UInt8](repeating: 0, count: 80)
      var count = der.count
      guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
        EVP_DigestSign(context, &der, &count, message, message.count) == 1
      else { throw OpenSSLError("sign with P-256") }
      return try ES256.flat(Array(der.prefix(count)))
    }
  }

  /// Whether `signature` is of `message` and made with the key of `publicKey`. `false` too for what
  /// is no signature or no point of the curve.
  public static func verify(
    _ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]
  ) -> Bool {
    defer { ERR_clear_error() }
    guard signature.count == signatureCount, publicKey.count == publicCount,
      let key = publicPart(publicKey)
    else { return false }
    defer { EVP_PKEY_free(key) }
    guard let der = structured(signature), let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
      && EVP_DigestVerify(context, der, der.count, message, message.count) == 1
  }

  /// A SubjectPublicKeyInfo of id-ecPublicKey on prime256v1 up to the point (RFC 5480 section 2).
  private static let publicHead: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
  ]

  private static func publicPart(_ point: [UInt8]) -> OpaquePointer? {
    (publicHead + point).withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return d2i_PUBKEY(nil, &next, buffer.count)
    }
  }

  /// r ‖ s of an ECDSA-Sig-Value.
  private static func flat(_ der: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    let parsed: OpaquePointer? = der.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return d2i_ECDSA_SIG(nil, &next, buffer.count)
    }
    guard let parsed else { throw OpenSSLError("read a signature") }
    defer { ECDSA_SIG_free(parsed) }
    var r = [UInt8](repeating: 0, count: 32)
    var s = [UInt8](repeating: 0, count: 32)
    guard BN_bn2binpad(ECDSA_SIG_get0_r(parsed), &r, 32) == 32,
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed), &s, 32) == 32
    else { throw OpenSSLError("read a signature") }
    return r + s
  }

  /// The ECDSA-Sig-Value (RFC 3279 section 2.2.3) of r ‖ s.
  private static func structured(_ signature: [UInt8]) -> [UInt8]? {
    guard let value = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(value) }
    guard let r = BN_bin2bn(Array(signature.prefix(32)), 32, nil) else { return nil }
    guard let s = BN_bin2bn(Array(signature.suffix(32)), 32, nil) else {
      BN_free(r)
      return nil
    }
    guard ECDSA_SIG_set0(value, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      return nil
    }
    var der: UnsafeMutablePointer<UInt8>?
    let count = i2d_ECDSA_SIG(value, &der)
    guard count > 0, let der else { return nil }
    defer { CRYPTO_free(der, nil, 0) }
    return Array(UnsafeBufferPointer(start: der, count: Int(count)))
  }
}
