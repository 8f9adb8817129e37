import COpenSSL

/// A key under which secrets are kept at rest, by AES-256-GCM (NIST SP 800-38D).
///
/// A sealed secret is `nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)`. The context that was given
/// when sealing must be given again: a secret that was moved to another row does not open.
public struct SealingKey: Sendable {
  /// Bytes in the key.
  public static let byteCount = 32
  private static let nonceCount = 12
  private static let tagCount = 16

  private let bytes: [UInt8]

  /// `nil` unless there are 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Encrypts `secret`, bound to `context`.
  public func seal(_ secret: [UInt8], context: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    let nonce = try randomBytes(Self.nonceCount)
    guard let cipher = EVP_CIPHER_CTX_new() else { throw OpenSSLError("seal a secret") }
    defer { EVP_CIPHER_CTX_free(cipher) }
    var output = [UInt8](repeating: 0, count: secret.count + Self.tagCount)
    var tag = [UInt8](repeating: 0, count: Self.tagCount)
    var count: Int32 = 0
    guard EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, nil, nil) == 1,
      upblit_gcm_set_iv_length(cipher, Int32(Self.nonceCount)) == 1,
      EVP_EncryptInit_ex(cipher, nil, nil, bytes, nonce) == 1,
      EVP_EncryptUpdate(cipher, nil, &count, context, Int32(clamping: context.count)) == 1,
      EVP_EncryptUpdate(cipher, &output, &count, secret, Int32(clamping: secret.count)) == 1,
      Int(count) == secret.count,
      EVP_EncryptFinal_ex(cipher, &tag, &count) == 1,
      upblit_gcm_get_tag(cipher, &tag, Int32(Self.tagCount)) == 1
    else { throw OpenSSLError("seal a secret") }
    output.replaceSubrange(secret.count..., with: tag)
    return nonce + output
  }

  /// Decrypts what ``seal(_:context:)`` made; throws for another key, another context or a changed
  /// byte.
  public func open(_ sealed: [UInt8], context: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    let secretCount = sealed.count - Self.nonceCount - Self.tagCount
    guard secretCount >= 0 else { throw OpenSSLError("open a sealed secret that is cut short") }
    let nonce = Array(sealed[..<Self.nonceCount])
    let ciphertext = Array(sealed[Self.nonceCount..<Self.nonceCount + secretCount])
    let tag = Array(sealed[(Self.nonceCount + secretCount)...])
    guard let cipher = EVP_CIPHER_CTX_new() else { throw OpenSSLError("open a sealed secret") }
    defer { EVP_CIPHER_CTX_free(cipher) }
    var output = [UInt8](repeating: 0, count: secretCount + Self.tagCount)
    var last = [UInt8](repeating: 0, count: Self.tagCount)
    var count: Int32 = 0
    guard EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, nil, nil) == 1,
      upblit_gcm_set_iv_length(cipher, Int32(Self.nonceCount)) == 1,
      EVP_DecryptInit_ex(cipher, nil, nil, bytes, nonce) == 1,
      EVP_DecryptUpdate(cipher, nil, &count, context, Int32(clamping: context.count)) == 1,
      EVP_DecryptUpdate(cipher, &output, &count, ciphertext, Int32(clamping: ciphertext.count))
        == 1,
      upblit_gcm_set_tag(cipher, tag, Int32(Self.tagCount)) == 1,
      EVP_DecryptFinal_ex(cipher, &last, &count) == 1
    else { throw OpenSSLError("open a sealed secret (another key, or it was changed)") }
    return Array(output[..<secretCount])
  }
}
