import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// Bytes in a digest.
  public static let byteCount = 32

  /// The digest of `bytes`.
  public static func digest(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil) == 1 else {
      throw OpenSSLError("hash with SHA-256")
    }
    return digest
  }

  /// The digest of `bytes`.
  public static func digest(_ bytes: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1 else {
      throw OpenSSLError("hash with SHA-256")
    }
    return digest
  }
}

/// HMAC-SHA-256 (RFC 2104) under one key, used again and again.
///
/// It keeps one OpenSSL context, so it belongs to one thread at a time.
public final class HMAC {
  /// Bytes in a full tag.
  public static let byteCount = 32

  private let context: OpaquePointer

  /// Prepares for tags under `key`.
  public init(key: [UInt8]) throws(OpenSSLError) {
    guard let context = upblit_hmac_sha256_new(key, key.count) else {
      throw OpenSSLError("set an HMAC key")
    }
    self.context = context
  }

  deinit { EVP_MAC_CTX_free(context) }

  /// Begins a new message under the same key.
  public func restart() throws(OpenSSLError) {
    guard EVP_MAC_init(context, nil, 0, nil) == 1 else { throw OpenSSLError("restart an HMAC") }
  }

  /// Takes the message's next bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
    guard bytes.count > 0 else { return }
    guard
      EVP_MAC_update(context, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
        == 1
    else { throw OpenSSLError("compute an HMAC") }
  }

  /// Takes the message's next bytes.
  public func update(_ bytes: [UInt8]) throws(OpenSSLError) {
    guard EVP_MAC_update(context, bytes, bytes.count) == 1 else {
      throw OpenSSLError("compute an HMAC")
    }
  }

  /// Ends the message and writes its 32-byte tag to `output`, which must have room for it.
  public func finish(into output: UnsafeMutableRawBufferPointer) throws(OpenSSLError) {
    precondition(output.count >= Self.byteCount, "an HMAC needs 32 bytes of room")
    var count = 0
    guard
      EVP_MAC_final(
        context, output.assumingMemoryBound(to: UInt8.self).baseAddress, &count, Self.byteCount)
        == 1, count == Self.byteCount
    else { throw OpenSSLError("finish an HMAC") }
  }

  /// Ends the message and gives its 32-byte tag.
  public func finish() throws(OpenSSLError) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: Self.byteCount)
    var count = 0
    guard EVP_MAC_final(context, &tag, &count, Self.byteCount) == 1, count == Self.byteCount else {
      throw OpenSSLError("finish an HMAC")
    }
    return tag
  }

  /// The tag of one whole message.
  public func tag(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    try restart()
    try update(message)
    return try finish()
  }

  /// The tag of one message under a key that is used once.
  public static func tag(key: [UInt8], _ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    let hmac = try HMAC(key: key)
    try hmac.update(message)
    return try hmac.finish()
  }
}

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
  /// The pseudorandom key of `key` under `salt`: 32 bytes.
  public static func extract(salt: [UInt8], key: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    try derive(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, key: key, salt: salt, info: [], count: 32)
  }

  /// `count` bytes expanded from a pseudorandom key.
  public static func expand(
    _ key: [UInt8], info: [UInt8], count: Int = 32
  ) throws(OpenSSLError) -> [UInt8] {
    try derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, key: key, salt: [], info: info, count: count)
  }

  /// Extract, then expand.
  public static func derive(
    salt: [UInt8], key: [UInt8], info: [UInt8], count: Int = 32
  ) throws(OpenSSLError) -> [UInt8] {
    try derive(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, key: key, salt: salt, info: info, count: count)
  }

  private static func derive(
    _ mode: Int32, key: [UInt8], salt: [UInt8], info: [UInt8], count: Int
  ) throws(OpenSSLError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    guard
      upblit_hkdf_sha256(
        mode, key, key.count, salt, salt.count, info, info.count, &output, count) == 1
    else { throw OpenSSLError("derive a key with HKDF") }
    return output
  }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
public func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
public func equalInConstantTime(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
) -> Bool {
  guard left.count == right.count else { return false }
  guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
  return CRYPTO_memcmp(leftStart, rightStart, left.count) == 0
}

/// `count` bytes from OpenSSL's generator, fit for keys and nonces.
public func randomBytes(_ count: Int) throws(OpenSSLError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard RAND_bytes(&bytes, Int32(clamping: count)) == 1 else {
    throw OpenSSLError("draw random bytes")
  }
  return bytes
}

/// SHA-1 (FIPS 180-4), for protocols that ask for it where nothing hangs on it.
public enum SHA1 {
  /// The digest of `bytes`: 20 bytes.
  public static func digest(_ bytes: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil) == 1 else {
      throw OpenSSLError("hash with SHA-1")
    }
    return digest
  }
}
