import CCurl
import COpenSSL
import OpenSSL

extension EasyHandle {
  /// Notes what every TLS handshake shows, also of one that fails, and refuses a certificate whose
  /// alternative names do not hold the target, where certificates are verified.
  ///
  /// - Parameter address: the host of the URL, where that is an address; a name is known to OpenSSL.
  public func watchCertificate(address: String? = nil) throws(CurlError) {
    notes.address = address
    try check(
      up_curl_on_tls_context(
        raw,
        { _, tlsContext, notes in
          guard let notes, let tlsContext else { return CURLE_OK }
          let isWatched = Unmanaged<TLSNotes>.fromOpaque(notes).takeUnretainedValue()
            .watch(OpaquePointer(tlsContext))
          return isWatched ? CURLE_OK : CURLE_OUT_OF_MEMORY
        }, Unmanaged.passUnretained(notes).toOpaque()), "watch certificates")
  }

  /// Seconds from the handshake until the leaf certificate expires, negative if it had expired;
  /// `nil` where no certificate was seen since `forgetCertificate()`.
  public var secondsOfCertificateLeft: Int64? { notes.secondsUntilExpiry }

  /// Whether a TLS handshake was begun since `forgetCertificate()`, so that a connection stood. Until
  /// the handshake ends libcurl does not say so.
  public var hasBegunTLS: Bool { notes.hasBegun }

  /// Forgets what `watchCertificate()` noted, before the handle is used again. What is known of a
  /// connection that a `ConnectionKeeper` keeps stays known.
  public func forgetCertificate() {
    guard keeper == nil else {
      notes.hasBegun = false
      notes.clearTrouble()
      return
    }
    notes.clear()
  }

  /// Notes what is known of a connection that was kept and is used again. Call it while the transfer
  /// runs.
  public func noteKeptSession() {
    guard keeper != nil, let tls = up_curl_get_tls(raw).map({ OpaquePointer($0) }) else { return }
    notes.isDone = false
    notes.noteSession(tls)
    notes.secondsUntilExpiry = SSL_get0_peer_certificate(tls).flatMap {
      PeerCertificate.secondsLeft(of: $0)
    }
  }

  /// Keeps the peer's leaf certificate at every handshake, whether it verifies or not; read it by
  /// `peerCertificate`. It watches the certificate as well.
  public func keepCertificate() throws(CurlError) {
    notes.keepsCertificate = true
    try watchCertificate()
  }

  /// The leaf that the peer showed at the last handshake, after `keepCertificate()`; `nil` without
  /// TLS. (Of a connection that `connectOnly` made libcurl itself tells nothing afterwards.)
  public var peerCertificate: PeerCertificate? { notes.keptCertificate }

  /// Asks for a stapled OCSP response at every handshake that is watched.
  public func askForStaple() { notes.wantsStaple = true }

  /// What was agreed on at the last handshake that was watched, such as `TLSv1.3` and
  /// `TLS_AES_256_GCM_SHA384`; `nil` where none came about.
  public var tlsVersion: String? { notes.version.map { String(cString: $0) } }
  public var tlsCipher: String? { notes.cipher.map { String(cString: $0) } }
  /// The certificates that the peer showed, also where they were refused.
  public var certificateChain: CertificateChain? { notes.chain }
  /// What the response says that `askForStaple()` asked for.
  public var stapledVerdict: StapledVerdict { notes.staple }

  /// Why TLS came to its end, in OpenSSL's and the protocol's numbers.
  public struct TLSEnd: Hashable, Sendable {
    /// The fatal alert that the peer sent (RFC 8446 section 6).
    public var alert: UInt8?
    /// What OpenSSL objected to (`SSL_R_...`).
    public var reason: Int?
    /// Whether the peer asked for a certificate and the handle has none.
    public var lacksCertificate: Bool
  }

  /// What is known of it since `forgetCertificate()`.
  public var tlsEnd: TLSEnd {
    TLSEnd(
      alert: notes.alert, reason: notes.errorReason,
      lacksCertificate: notes.wasAskedForCertificate)
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
