import CCurl
import COpenSSL

extension EasyHandle {
  /// Notes the peer's leaf certificate at every handshake, also of one that fails verification;
  /// read it by `secondsOfCertificateLeft`.
  public func watchCertificate() throws(CurlError) {
    try check(
      up_curl_on_tls_context(
        raw,
        { _, tlsContext, handle in
          let tlsContext = OpaquePointer(tlsContext)
          guard let handle else { return CURLE_OK }
          Unmanaged<EasyHandle>.fromOpaque(handle).takeUnretainedValue().tlsHasBegun = true
          guard SSL_CTX_set_ex_data(tlsContext, 0, handle) == 1 else { return CURLE_OUT_OF_MEMORY }
          // libcurl has set the same mode, with no callback.
          SSL_CTX_set_verify(tlsContext, SSL_CTX_get_verify_mode(tlsContext)) { isGood, store in
            // Called for each certificate of a good chain, the leaf last, or once with an error.
            if isGood == 0 || X509_STORE_CTX_get_error_depth(store) == 0 {
              EasyHandle.noteLeaf(of: store)
            }
            return isGood
          }
          return CURLE_OK
        }, Unmanaged.passUnretained(self).toOpaque()), "watch certificates")
  }

  /// Seconds from the handshake until the leaf certificate expires, negative if it had expired;
  /// `nil` where no certificate was seen since `forgetCertificate()`.
  public var secondsOfCertificateLeft: Int64? { secondsUntilExpiry }

  /// Whether a TLS handshake was begun since `forgetCertificate()`, so that a connection stood. Until
  /// the handshake ends libcurl does not say so.
  public var hasBegunTLS: Bool { tlsHasBegun }

  /// Forgets what `watchCertificate()` noted, before the handle is used again.
  public func forgetCertificate() {
    secondsUntilExpiry = nil
    keptCertificate = nil
    tlsHasBegun = false
  }

  /// Keeps the peer's leaf certificate at every handshake, whether it verifies or not; read it by
  /// `peerCertificate`. It watches the certificate as well.
  public func keepCertificate() throws(CurlError) {
    keepsCertificate = true
    try watchCertificate()
  }

  /// The leaf that the peer showed at the last handshake, after `keepCertificate()`; `nil` without
  /// TLS. (Of a connection that `connectOnly` made libcurl itself tells nothing afterwards.)
  public var peerCertificate: PeerCertificate? { keptCertificate }

  private static func noteLeaf(of store: OpaquePointer?) {
    guard let store, let leaf = X509_STORE_CTX_get0_cert(store),
      let tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let tlsContext = SSL_get_SSL_CTX(OpaquePointer(tls)),
      let context = SSL_CTX_get_ex_data(tlsContext, 0)
    else { return }
    let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    handle.secondsUntilExpiry = PeerCertificate.secondsLeft(of: leaf)
    if handle.keepsCertificate { handle.keptCertificate = PeerCertificate(leaf) }
  }

  /// OpenSSL's words for a verification result (`NumberInfo.verifyResult`).
  public static func verificationText(_ result: Int) -> String {
    guard let text = X509_verify_cert_error_string(result) else { return "error \(result)" }
    return String(cString: text)
  }
}

/// What is read from a peer's leaf certificate.
public struct PeerCertificate: Hashable, Sendable {
  /// Seconds from now until it expires; negative once it has.
  public let secondsLeft: Int64?
  /// Its SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), which pins and channel bindings hash.
  public let publicKeyInfo: [UInt8]

  init?(_ certificate: OpaquePointer) {
    guard let key = X509_get_X509_PUBKEY(certificate) else { return nil }
    let count = i2d_X509_PUBKEY(key, nil)
    guard count > 0 else { return nil }
    publicKeyInfo = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
      var cursor = buffer.baseAddress
      filled = max(0, Int(i2d_X509_PUBKEY(key, &cursor)))
    }
    guard publicKeyInfo.count == Int(count) else { return nil }
    secondsLeft = Self.secondsLeft(of: certificate)
  }

  /// Compares `notAfter` with the wall clock.
  static func secondsLeft(of certificate: OpaquePointer) -> Int64? {
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard let end = X509_get0_notAfter(certificate),
      ASN1_TIME_diff(&days, &seconds, nil, end) == 1
    else { return nil }
    return Int64(days) * 86_400 + Int64(seconds)
  }
}
