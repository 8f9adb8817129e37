import COpenSSL
import Glibc
import Testing

/// A certificate made for a test, with its key.
///
/// Unchecked, since what it points to is OpenSSL's: neither is changed after `init`, and what OpenSSL itself
/// notes in them (references, parsed extensions) it guards by locks.
final class PeerCertificate: @unchecked Sendable {
  let certificate: OpaquePointer
  let key: OpaquePointer

  /// - Parameters:
  ///   - names: alternative names as OpenSSL's configuration writes them, such as "DNS:a.example".
  ///   - days: from when until when it is valid, counted from now.
  ///   - rsaBits: `nil` for P-256.
  ///   - issuer: `nil` for a certificate that signs itself.
  init(
    name: String = "test", names: String? = "DNS:localhost,IP:127.0.0.1",
    days: ClosedRange<Int> = -1...90, rsaBits: Int32? = nil, digest: OpaquePointer? = EVP_sha256(),
    issuer: PeerCertificate? = nil, isAuthority: Bool = false
  ) throws {
    let certificate = try #require(X509_new())
    let key = try #require(rsaBits.map(Self.rsaKey) ?? upblit_generate_p256())
    self.certificate = certificate
    self.key = key
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...1_000_000_000))
    X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400 + 60)
    X509_set_pubkey(certificate, key)
    let subject = X509_get_subject_name(certificate)
    // MBSTRING_UTF8
    X509_NAME_add_entry_by_txt(subject, "CN", 0x1000, name, -1, -1, 0)
    X509_set_issuer_name(
      certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer?.certificate ?? certificate, certificate, nil, nil, 0)
    func extend(_ id: Int32, _ value: String) {
      guard let part = X509V3_EXT_conf_nid(nil, &context, id, value) else { return }
      X509_add_ext(certificate, part, -1)
      X509_EXTENSION_free(part)
    }
    extend(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "CA:FALSE")
    if let names, !isAuthority { extend(NID_subject_alt_name, names) }
    try #require(X509_sign(certificate, issuer?.key ?? key, digest) > 0)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  private static func rsaKey(_ bits: Int32) -> OpaquePointer? {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1,
      EVP_PKEY_keygen(context, &key) == 1
    else { return nil }
    return key
  }

  /// The certificate in PEM.
  var pem: String { Self.text { PEM_write_bio_X509($0, certificate) } }

  /// The key in PEM.
  var keyPEM: String {
    Self.text { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  private static func text(_ write: (OpaquePointer) -> Int32) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { return "" }
    var start: UnsafeMutablePointer<CChar>?
    let count = upblit_bio_data(bio, &start)
    return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}

/// How a server speaks TLS.
///
/// Unchecked, since what it points to is OpenSSL's: the context is changed by `init` and `staple` alone, and
/// a test calls them before it hands this to a server's thread. From then on all only make connections of
/// it, which OpenSSL lets threads do at once.
final class PeerTLS: @unchecked Sendable {
  let context: OpaquePointer
  private let certificate: PeerCertificate

  /// - Parameters:
  ///   - issuers: sent after the leaf.
  ///   - newest: the newest version spoken; the server's own level is lowered, so that it may be old or
  ///     weak.
  ///   - trusting: a client must show a certificate that this one issued.
  init(
    _ certificate: PeerCertificate, issuers: [PeerCertificate] = [], newest: Int32 = 0,
    ciphers: String? = nil, trusting: PeerCertificate? = nil
  ) throws {
    context = try #require(SSL_CTX_new(TLS_server_method()))
    self.certificate = certificate
    SSL_CTX_set_security_level(context, 0)
    SSL_CTX_set_options(context, 1 << 14)
    // SSL_CTX_set_min_proto_version and SSL_CTX_set_max_proto_version as calls.
    SSL_CTX_ctrl(context, 123, Int(TLS1_VERSION), nil)
    SSL_CTX_ctrl(context, 124, Int(newest), nil)
    if let ciphers { try #require(SSL_CTX_set_cipher_list(context, ciphers) == 1) }
    try #require(SSL_CTX_use_certificate(context, certificate.certificate) == 1)
    try #require(SSL_CTX_use_PrivateKey(context, certificate.key) == 1)
    for issuer in issuers {
      try #require(upblit_tls_add_issuer(context, issuer.certificate) == 1)
    }
    if let trusting {
      let store = try #require(X509_STORE_new())
      X509_STORE_add_cert(store, trusting.certificate)
      SSL_CTX_set1_cert_store(context, store)
      X509_STORE_free(store)
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
  }

  deinit {
    SSL_CTX_free(context)
  }

  /// Staples a status of the certificate to each handshake.
  ///
  /// - Parameters:
  ///   - status: `V_OCSP_CERTSTATUS_...`.
  ///   - hours: from when until when it holds, counted from now.
  func staple(
    _ status: Int32, hours: ClosedRange<Int> = -1...24, signedBy issuer: PeerCertificate,
    of subject: PeerCertificate? = nil
  ) throws {
    let basic = try #require(OCSP_BASICRESP_new())
    defer { OCSP_BASICRESP_free(basic) }
    let id = try #require(
      OCSP_cert_to_id(EVP_sha256(), (subject ?? certificate).certificate, issuer.certificate))
    defer { OCSP_CERTID_free(id) }
    let from = X509_gmtime_adj(nil, hours.lowerBound * 3_600)
    let until = X509_gmtime_adj(nil, hours.upperBound * 3_600)
    defer {
      ASN1_STRING_free(from)
      ASN1_STRING_free(until)
    }
    try #require(OCSP_basic_add1_status(basic, id, status, 0, from, from, until) != nil)
    try #require(
      OCSP_basic_sign(basic, issuer.certificate, issuer.key, EVP_sha256(), nil, 0) == 1)
    let response = try #require(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic))
    defer { OCSP_RESPONSE_free(response) }
    let bytes = UnsafeMutablePointer<StapledBytes>.allocate(capacity: 1)
    bytes.initialize(to: StapledBytes())
    let count = i2d_OCSP_RESPONSE(response, nil)
    bytes.pointee.bytes = [UInt8](repeating: 0, count: Int(count))
    bytes.pointee.bytes.withUnsafeMutableBufferPointer { buffer in
      var cursor = buffer.baseAddress
      _ = i2d_OCSP_RESPONSE(response, &cursor)
    }
    // It lives as long as the process: a few hundred bytes a test.
    SSL_CTX_set_ex_data(context, 0, bytes)
    upblit_tls_on_status_request(context) { tls, _ in
      guard let kept = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), 0) else { return 3 }
      let stapled = kept.assumingMemoryBound(to: StapledBytes.self).pointee.bytes
      let copy = CRYPTO_malloc(stapled.count, nil, 0)
      copy?.copyMemory(from: stapled, byteCount: stapled.count)
      upblit_tls_staple(tls, copy, stapled.count)
      return 0
    }
  }

  private struct StapledBytes {
    var bytes: [UInt8] = []
  }
}
