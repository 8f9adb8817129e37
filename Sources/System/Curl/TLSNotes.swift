import CCurl
import COpenSSL
import OpenSSL

/// What OpenSSL tells of the handshakes of a transfer, or of a connection that several use.
///
/// OpenSSL's own objects point here, so it must outlive every connection that was made with it: a
/// handle keeps one for connections that end with its transfers, a `ConnectionKeeper` for its own.
final class TLSNotes {
  var secondsUntilExpiry: Int64?
  /// Whether the leaf itself is kept; see `keepCertificate()`.
  var keepsCertificate = false
  var keptCertificate: PeerCertificate?
  var hasBegun = false
  var isDone = false
  /// The host of the URL, for a handshake that names no server since that is an address.
  var address: String?
  var wantsStaple = false

  var version: UnsafePointer<CChar>?
  var cipher: UnsafePointer<CChar>?
  var chain: CertificateChain?
  var staple = StapledVerdict.absent
  var alert: UInt8?
  var errorReason: Int?
  var wasAskedForCertificate = false

  /// Forgets what was noted, before another handshake.
  func clear() {
    secondsUntilExpiry = nil
    keptCertificate = nil
    hasBegun = false
    isDone = false
    version = nil
    cipher = nil
    chain = nil
    staple = .absent
    clearTrouble()
  }

  func clearTrouble() {
    alert = nil
    errorReason = nil
    wasAskedForCertificate = false
  }

  /// Notes all of this for each connection that is made with a context.
  func watch(_ context: OpaquePointer) -> Bool {
    clear()
    hasBegun = true
    guard SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque()) == 1 else {
      return false
    }
    // libcurl has set the same mode, with no callback.
    SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), Self.verify)
    SSL_CTX_set_info_callback(context, Self.follow)
    // Called where a certificate is asked for and there is none.
    SSL_CTX_set_client_cert_cb(context) { tls, _, _ in
      TLSNotes.of(tls)?.wasAskedForCertificate = true
      return 0
    }
    if wantsStaple { _ = upblit_ask_for_ocsp(context) }
    return true
  }

  private static func of(_ tls: OpaquePointer?) -> TLSNotes? {
    guard let tls, let context = SSL_get_SSL_CTX(tls),
      let notes = SSL_CTX_get_ex_data(context, 0)
    else { return nil }
    return Unmanaged<TLSNotes>.fromOpaque(notes).takeUnretainedValue()
  }

  // MARK: The certificate

  /// Called for each certificate of a good chain, the leaf last, or once with an error.
  private static let verify: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
    guard let store, isGood == 0 || X509_STORE_CTX_get_error_depth(store) == 0,
      let tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let notes = TLSNotes.of(OpaquePointer(tls)), let leaf = X509_STORE_CTX_get0_cert(store)
    else { return isGood }
    notes.secondsUntilExpiry = PeerCertificate.secondsLeft(of: leaf)
    if notes.keepsCertificate { notes.keptCertificate = PeerCertificate(leaf) }
    let tlsConnection = OpaquePointer(tls)
    if isGood == 1, SSL_get_verify_mode(tlsConnection) & SSL_VERIFY_PEER != 0,
      !notes.isForItsTarget(leaf, tlsConnection)
    {
      X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH)
      notes.chain = CertificateChain(sharing: X509_STORE_CTX_get0_untrusted(store))
      return 0
    }
    if isGood == 0 { notes.chain = CertificateChain(sharing: X509_STORE_CTX_get0_untrusted(store)) }
    return isGood
  }

  /// Whether the certificate's alternative names hold the target. A name that stands in the subject
  /// alone is none (RFC 9110 section 4.3.4), though libcurl takes it for one.
  private func isForItsTarget(_ leaf: OpaquePointer, _ tls: OpaquePointer) -> Bool {
    if let name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name) {
      let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
      return X509_check_host(leaf, name, 0, flags, nil) == 1
    }
    // What OpenSSL can't read as an address (-2) is libcurl's to judge.
    guard let address else { return true }
    return X509_check_ip_asc(leaf, address, 0) != 0
  }

  // MARK: The handshake

  private static let follow: @convention(c) (OpaquePointer?, Int32, Int32) -> Void = {
    tls, event, value in
    if event & SSL_CB_HANDSHAKE_DONE != 0 {
      TLSNotes.of(tls)?.noteSession(tls)
    } else if event & SSL_CB_ALERT != 0, event & SSL_CB_READ != 0 {
      // The level stands in the upper byte: 2 is fatal.
      if value >> 8 == 2 { TLSNotes.of(tls)?.alert = UInt8(truncatingIfNeeded: value) }
    } else if event == SSL_CB_CONNECT_EXIT, value <= 0 {
      let code = ERR_peek_error()
      guard code != 0, ERR_GET_LIB(code) == ERR_LIB_SSL else { return }
      TLSNotes.of(tls)?.errorReason = Int(ERR_GET_REASON(code))
    }
  }

  /// Notes what stands once the handshake is done.
  func noteSession(_ tls: OpaquePointer?) {
    guard let tls else { return }
    // TLS 1.3 says it again for each ticket.
    guard !isDone else { return }
    isDone = true
    version = SSL_get_version(tls)
    cipher = SSL_get_current_cipher(tls).flatMap { SSL_CIPHER_get_name($0) }
    chain = CertificateChain(sharing: SSL_get_peer_cert_chain(tls))
    if wantsStaple { staple = .of(tls) }
  }
}
