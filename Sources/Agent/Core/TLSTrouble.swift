import Model

/// Why TLS did not come about, or broke off, by what the peer or OpenSSL says of it.
public enum TLSTrouble: Hashable, Sendable {
  /// What answers does not speak TLS.
  case notTLS
  case version
  case cipher
  /// A certificate is wanted, and the check has none.
  case wantsCertificate
  /// The peer does not take the check's certificate; its alert in words.
  case refusesCertificate(String)
  /// Something else; the peer's alert in words.
  case alert(String)

  /// - Parameters:
  ///   - alert: the fatal alert that the peer sent (RFC 8446 section 6.2).
  ///   - reason: OpenSSL's own objection (`SSL_R_...`).
  ///   - lacksCertificate: whether the peer asked for a certificate and there was none.
  ///   - hasCertificate: whether the check has one.
  public init?(alert: UInt8?, reason: Int?, lacksCertificate: Bool, hasCertificate: Bool) {
    if let alert {
      self = Self.sort(alert, lacksCertificate, hasCertificate)
      return
    }
    switch reason {
    // A wrong version number, a request of HTTP, a length or a record that TLS does not have.
    case 267, 155, 156, 198, 244, 313, 443: self = .notTLS
    // The peer's version is not supported, or too low.
    case 258, 266, 396: self = .version
    case 193: self = .cipher
    default: return nil
    }
  }

  private static func sort(_ alert: UInt8, _ lacks: Bool, _ has: Bool) -> TLSTrouble {
    let words = words(of: alert)
    switch alert {
    case 70: return .version
    case 71: return .cipher
    case 116: return .wantsCertificate
    // What a server may say where a certificate is missing or not good enough.
    case 40, 42, 43, 44, 45, 46, 48, 49:
      if lacks { return .wantsCertificate }
      return has && alert != 40 ? .refusesCertificate(words) : .alert(words)
    default: return .alert(words)
    }
  }

  private static func words(of alert: UInt8) -> String {
    switch alert {
    case 10: "unexpected message"
    case 20: "bad record MAC"
    case 40: "handshake failure"
    case 42: "bad certificate"
    case 43: "unsupported certificate"
    case 44: "certificate revoked"
    case 45: "certificate expired"
    case 46: "certificate unknown"
    case 47: "illegal parameter"
    case 48: "unknown authority"
    case 49: "access denied"
    case 50: "decode error"
    case 51: "decrypt error"
    case 80: "internal error"
    case 86: "inappropriate fallback"
    case 109: "missing extension"
    case 112: "unrecognized name"
    case 120: "no application protocol"
    default: "alert \(alert)"
    }
  }

  /// The reason that it stands for, and a sentence.
  var finding: (Reason, String) {
    switch self {
    case .notTLS: (.tlsNotTLS, "what answers does not speak TLS")
    case .version: (.tlsVersion, "no TLS version in common")
    case .cipher: (.tlsCipher, "no cipher in common")
    case .wantsCertificate: (.tlsClientCertificate, "a client certificate is wanted")
    case .refusesCertificate(let words):
      (.tlsClientCertificate, "the client certificate is not accepted: \(words)")
    case .alert(let words): (.tlsFailed, "the target broke the TLS handshake off: \(words)")
    }
  }
}
