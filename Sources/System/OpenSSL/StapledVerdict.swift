import COpenSSL

/// What the OCSP response says that a TLS server stapled to its handshake (RFC 6066 section 8, RFC 6960).
public enum StapledVerdict: Hashable, Sendable {
  /// None was sent, or none was asked for.
  case absent
  case good
  case revoked
  case unknown
  /// It can't be read, is not signed as it should be, is too old or about another certificate; the reason.
  case invalid(String)

  /// The word that conditions compare; `nil` where nothing is known of the certificate.
  public var word: String? {
    switch self {
    case .good: "good"
    case .revoked: "revoked"
    case .unknown: "unknown"
    case .absent, .invalid: nil
    }
  }

  /// How far the clocks of a responder and this host may differ, in seconds.
  private static let skew = 300

  /// What the server of a connection (`SSL`) sent of its leaf, once the handshake is over: verified
  /// against the authorities that the connection trusts.
  public static func of(_ tls: OpaquePointer) -> StapledVerdict {
    var bytes: UnsafePointer<UInt8>?
    let count = upblit_stapled_ocsp(tls, &bytes)
    guard count > 0, bytes != nil else { return .absent }
    defer { ERR_clear_error() }
    guard let response = d2i_OCSP_RESPONSE(nil, &bytes, count) else {
      return .invalid("it can't be read")
    }
    defer { OCSP_RESPONSE_free(response) }
    let code = OCSP_response_status(response)
    guard code == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
      let words = OCSP_response_status_str(Int(code)).map { String(cString: $0) } ?? "\(code)"
      return .invalid("the responder answers \(words)")
    }
    guard let basic = OCSP_response_get1_basic(response) else {
      return .invalid("it can't be read")
    }
    defer { OCSP_BASICRESP_free(basic) }
    let chain = SSL_get_peer_cert_chain(tls)
    guard let store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(tls)),
      OCSP_basic_verify(basic, chain, store, 0) == 1
    else { return .invalid("its signature is not accepted") }
    guard let leaf = upblit_certificate_at(chain, 0),
      let issuer = issuer(of: leaf, in: [chain, SSL_get0_verified_chain(tls)])
    else { return .invalid("the certificate's issuer is not known") }
    return status(basic, leaf, issuer)
  }

  private static func issuer(
    of leaf: OpaquePointer, in chains: [OpaquePointer?]
  ) -> OpaquePointer? {
    for chain in chains {
      for index in 0..<upblit_count_of_certificates(chain) {
        guard let candidate = upblit_certificate_at(chain, index) else { continue }
        if X509_check_issued(candidate, leaf) == X509_V_OK { return candidate }
      }
    }
    return nil
  }

  private static func status(
    _ basic: OpaquePointer, _ leaf: OpaquePointer, _ issuer: OpaquePointer
  ) -> StapledVerdict {
    for index in 0..<min(100, OCSP_resp_count(basic)) {
      guard let single = OCSP_resp_get0(basic, index), isAbout(leaf, issuer, single) else {
        continue
      }
      var revokedAt: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      var this: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      var reason: Int32 = 0
      let status = OCSP_single_get0_status(single, &reason, &revokedAt, &this, &next)
      guard OCSP_check_validity(this, next, skew, -1) == 1 else {
        return .invalid("it is not of this time")
      }
      switch status {
      case V_OCSP_CERTSTATUS_GOOD: return .good
      case V_OCSP_CERTSTATUS_REVOKED: return .revoked
      default: return .unknown
      }
    }
    return .invalid("it is about another certificate")
  }

  /// The responder chooses the digest by which the certificate is named.
  private static func isAbout(
    _ leaf: OpaquePointer, _ issuer: OpaquePointer, _ single: OpaquePointer
  ) -> Bool {
    guard let id = OCSP_SINGLERESP_get0_id(single) else { return false }
    var algorithm: OpaquePointer?
    OCSP_id_get0_info(nil, &algorithm, nil, nil, id)
    guard let algorithm, let name = OBJ_nid2sn(OBJ_obj2nid(algorithm)),
      let digest = EVP_get_digestbyname(name),
      let own = OCSP_cert_to_id(digest, leaf, issuer)
    else { return false }
    defer { OCSP_CERTID_free(own) }
    return OCSP_id_cmp(own, id) == 0
  }
}
