import COpenSSL
import Dialogue

/// What connections with the same settings share: OpenSSL's context.
///
/// It verifies to the end whatever it finds, so that a chain is seen also where it does not hold; the
/// connection judges afterwards. Keys and signatures are held to OpenSSL's level 2 (112 bits) in any
/// case, and so is the handshake, unless the plan allows versions that can't be had at that level.
final class TLSContext {
  /// What makes contexts differ.
  struct Settings: Hashable {
    var authorities: TLSPlan.Authorities
    var minimum: TLSPlan.Version
    var identity: TLSPlan.Identity?
  }

  let raw: OpaquePointer
  let hasIdentity: Bool

  init(_ settings: Settings, trusting store: CertificateStore) throws(HandshakeTrouble) {
    guard let raw = SSL_CTX_new(TLS_client_method()) else {
      throw .own(OpenSSLQueue.words())
    }
    self.raw = raw
    hasIdentity = settings.identity != nil
    SSL_CTX_set1_cert_store(raw, store.raw)
    upblit_tls_keep_no_sessions(raw)
    SSL_CTX_set_options(
      raw, Self.option(14) | Self.option(30))
    let isOld = settings.minimum < .tls12
    SSL_CTX_set_security_level(raw, isOld ? 0 : 2)
    if let parameters = SSL_CTX_get0_param(raw) {
      X509_VERIFY_PARAM_set_auth_level(parameters, 2)
    }
    let version =
      switch settings.minimum {
      case .tls10: TLS1_VERSION
      case .tls11: TLS1_1_VERSION
      case .tls12: TLS1_2_VERSION
      case .tls13: TLS1_3_VERSION
      }
    guard upblit_tls_set_least_version(raw, version) == 1 else {
      throw .own(OpenSSLQueue.words())
    }
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER) { isGood, store in
      if isGood == 0, let store {
        TLSConnection.of(store)?.noteError(Int(X509_STORE_CTX_get_error(store)))
      }
      return 1
    }
    SSL_CTX_set_client_cert_cb(raw) { tls, _, _ in
      TLSConnection.of(tls: tls)?.noteCertificateRequest()
      return 0
    }
    if let identity = settings.identity { try use(identity) }
  }

  deinit {
    SSL_CTX_free(raw)
  }

  /// SSL_OP_NO_TICKET (14) and SSL_OP_NO_RENEGOTIATION (30), whose macros Swift does not import.
  private static func option(_ bit: UInt64) -> UInt64 { 1 << bit }

  private func use(_ identity: TLSPlan.Identity) throws(HandshakeTrouble) {
    let certificates = PEM.certificates(identity.certificates)
    defer { for certificate in certificates { X509_free(certificate) } }
    guard let leaf = certificates.first else {
      throw .identity("there is no certificate in its text")
    }
    guard let key = PEM.privateKey(identity.key) else {
      throw .identity("there is no key without a passphrase in its text")
    }
    defer { EVP_PKEY_free(key) }
    guard SSL_CTX_use_certificate(raw, leaf) == 1, SSL_CTX_use_PrivateKey(raw, key) == 1,
      SSL_CTX_check_private_key(raw) == 1
    else { throw .identity(OpenSSLQueue.words()) }
    for issuer in certificates.dropFirst() {
      guard upblit_tls_add_issuer(raw, issuer) == 1 else { throw .identity(OpenSSLQueue.words()) }
    }
  }
}

/// Certificates that are trusted.
final class CertificateStore {
  let raw: OpaquePointer

  /// - Parameter agentFile: the agent's own authorities; `nil` for those that OpenSSL knows.
  init(_ authorities: TLSPlan.Authorities, agentFile: String?) throws(HandshakeTrouble) {
    guard let raw = X509_STORE_new() else { throw .own(OpenSSLQueue.words()) }
    self.raw = raw
    // As libcurl has it: whatever is trusted ends a chain, whether it signed itself or not.
    X509_STORE_set_flags(raw, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    ERR_clear_error()
    let isRead: Bool
    switch (authorities, agentFile) {
    case (.file(let path), _), (.agent, let path?):
      isRead = X509_STORE_load_file(raw, path) == 1
    case (.agent, nil):
      isRead = X509_STORE_set_default_paths(raw) == 1
    case (.pem(let text), _):
      let certificates = PEM.certificates(text)
      defer { for certificate in certificates { X509_free(certificate) } }
      guard !certificates.isEmpty else {
        throw .authorities("there is no certificate in their text")
      }
      isRead = certificates.allSatisfy { X509_STORE_add_cert(raw, $0) == 1 }
    }
    guard isRead else { throw .authorities(OpenSSLQueue.words()) }
  }

  deinit {
    X509_STORE_free(raw)
  }
}

/// Texts in PEM.
enum PEM {
  private static let mostCertificates = 1_000

  /// All that can be read, to be freed by the caller.
  static func certificates(_ text: String) -> [OpaquePointer] {
    reading(text) { bio in
      var result: [OpaquePointer] = []
      while result.count < mostCertificates,
        let certificate = PEM_read_bio_X509(bio, nil, { _, _, _, _ in 0 }, nil)
      {
        result.append(certificate)
      }
      return result
    } ?? []
  }

  /// To be freed by the caller; `nil` for one that can't be read, or not without a passphrase.
  static func privateKey(_ text: String) -> OpaquePointer? {
    reading(text) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in 0 }, nil) } ?? nil
  }

  private static func reading<Result>(
    _ text: String, _ body: (OpaquePointer) -> Result
  ) -> Result? {
    let bytes = Array(text.utf8)
    guard let bio = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { return nil }
    defer {
      BIO_free(bio)
      ERR_clear_error()
    }
    return withExtendedLifetime(bytes) { body(bio) }
  }
}

/// OpenSSL's errors of this thread.
enum OpenSSLQueue {
  /// Words for the oldest; all are taken off.
  static func words() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    return words(code)
  }

  static func words(_ code: UInt) -> String {
    guard let text = ERR_reason_error_string(code) else { return "no reason given" }
    return String(cString: text)
  }
}
