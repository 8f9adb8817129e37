import COpenSSL

/// A P-256 key and a self-signed certificate over it: what a pinned TLS server shows.
///
/// A pin replaces names and issuers, so the certificate says no more than X.509 demands.
public struct SelfSignedCertificate: Sendable {
  /// The certificate, PEM.
  public let certificate: String
  /// The private key, PKCS #8 in PEM, without a passphrase.
  public let privateKey: String
  /// SHA-256 of the DER SubjectPublicKeyInfo: the pin.
  public let publicKeyHash: [UInt8]

  /// Makes a new key and a certificate for `commonName`, valid from a day ago for `days`.
  public init(commonName: String, days: Int) throws(OpenSSLError) {
    guard let key = upblit_generate_p256() else { throw OpenSSLError("make a P-256 key") }
    defer { EVP_PKEY_free(key) }
    guard let certificate = X509_new() else { throw OpenSSLError("make a certificate") }
    defer { X509_free(certificate) }
    let day = 86_400
    var serial: UInt64 = 0
    for byte in try randomBytes(8) { serial = serial << 8 | UInt64(byte) }
    guard X509_set_version(certificate, 2) == 1,
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1,
      X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nil,
      X509_gmtime_adj(X509_getm_notAfter(certificate), days * day) != nil,
      X509_set_pubkey(certificate, key) == 1,
      let name = X509_get_subject_name(certificate),
      X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_UTF8, Array(commonName.utf8), Int32(commonName.utf8.count), -1, 0)
        == 1,
      X509_set_issuer_name(certificate, name) == 1,
      X509_sign(certificate, key, EVP_sha256()) > 0
    else { throw OpenSSLError("make a certificate") }
    self.certificate = try Self.pem("write a certificate") { PEM_write_bio_X509($0, certificate) }
    self.privateKey = try Self.pem("write a private key") {
      PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil)
    }
    self.publicKeyHash = try Self.publicKeyHash(of: certificate)
  }

  /// The SHA-256 of the SubjectPublicKeyInfo of the first certificate in a PEM text.
  public static func publicKeyHash(ofPEM text: String) throws(OpenSSLError) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard let bio = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else {
      throw OpenSSLError("read a certificate")
    }
    defer { BIO_free(bio) }
    guard let certificate = PEM_read_bio_X509(bio, nil, nil, nil) else {
      throw OpenSSLError("read a certificate")
    }
    defer { X509_free(certificate) }
    return try publicKeyHash(of: certificate)
  }

  private static func publicKeyHash(of certificate: OpaquePointer) throws(OpenSSLError) -> [UInt8] {
    var der: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der)
    guard count > 0, let der else { throw OpenSSLError("read a certificate's public key") }
    defer { CRYPTO_free(der, nil, 0) }
    return try SHA256.digest(UnsafeRawBufferPointer(start: der, count: Int(count)))
  }

  private static func pem(
    _ operation: String, _ write: (OpaquePointer) -> Int32
  ) throws(OpenSSLError) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { throw OpenSSLError(operation) }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { throw OpenSSLError(operation) }
    var start: UnsafeMutablePointer<CChar>?
    let count = upblit_bio_data(bio, &start)
    guard count > 0, let start else { throw OpenSSLError(operation) }
    return String(
      decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}
