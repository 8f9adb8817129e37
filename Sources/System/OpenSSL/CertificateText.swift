import COpenSSL

/// Certificates and keys as a person hands them in: PEM (RFC 7468).
public enum CertificateText {
  /// Why a certificate and a key can't prove who asks; `nil` where they can.
  ///
  /// - Parameters:
  ///   - certificate: the certificate, its chain behind it.
  ///   - key: its private key, not encrypted.
  public static func problem(certificate: String, key: String) -> String? {
    guard let leaf = read(certificate, { PEM_read_bio_X509($0, nil, refuse, nil) }) else {
      return "the client certificate can't be read"
    }
    defer { X509_free(leaf) }
    guard let secret = read(key, { PEM_read_bio_PrivateKey($0, nil, refuse, nil) }) else {
      return "the client certificate's key can't be read"
    }
    defer { EVP_PKEY_free(secret) }
    guard X509_check_private_key(leaf, secret) == 1 else {
      ERR_clear_error()
      return "the key does not belong to the client certificate"
    }
    return nil
  }

  /// Whether a text holds at least one certificate.
  public static func holdsCertificate(_ text: String) -> Bool {
    guard let first = read(text, { PEM_read_bio_X509($0, nil, refuse, nil) }) else { return false }
    X509_free(first)
    return true
  }

  private static func read(
    _ text: String, _ body: (OpaquePointer) -> OpaquePointer?
  ) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { bytes in
      guard let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
        return nil
      }
      defer { BIO_free(memory) }
      let result = body(memory)
      // What a text was not is nobody else's error.
      if result == nil { ERR_clear_error() }
      return result
    }
  }

  /// Gives no passphrase, where OpenSSL would ask for one at the terminal.
  private static let refuse:
    @convention(c) (
      UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, _, _, _ in -1 }
}
