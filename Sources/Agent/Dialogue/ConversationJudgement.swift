import AgentCore
import Model

/// Why a socket did not do what it should, by the kernel's account.
public enum SocketTrouble: Error, Hashable, Sendable {
  case connection(ConnectionTrouble)
  /// The agent has no descriptors left; the kernel's words.
  case descriptors(String)
  /// The agent has no memory left; the kernel's words.
  case memory(String)
  /// The agent's system does not allow it; the kernel's words.
  case notAllowed(String)

  /// Whether it says nothing about the target.
  public var isOwn: Bool {
    switch self {
    case .connection(.own), .connection(.noDescriptors), .descriptors, .memory, .notAllowed: true
    case .connection: false
    }
  }
}

/// Why TLS did not come about, or broke.
public enum HandshakeTrouble: Error, Hashable, Sendable {
  /// The peer said so, by its number (RFC 8446 section 6).
  case alert(UInt8)
  case notTLS
  case version
  case cipher
  /// A key or signature that is too weak; OpenSSL's words.
  case weak(String)
  /// A chain or name that does not hold (`X509_V_ERR_...`), in OpenSSL's words.
  case certificate(code: Int, String)
  /// The status that was stapled, or that it was not.
  case status(StapledStatus)
  /// The peer closed within the handshake.
  case closed
  /// The agent's or the check's certificate authorities can't be read.
  case authorities(String)
  /// The check's client certificate or its key can't be used.
  case identity(String)
  /// The agent's OpenSSL could not.
  case own(String)
  case other(String)
}

/// What a conversation was at.
public enum ConversationStage: Hashable, Sendable {
  case connecting
  /// TLS is being asked for in the clear.
  case negotiating(hasHeard: Bool)
  case encrypting
  case talking(hasHeard: Bool)
}

/// What trouble of a conversation means. Nothing here asks a clock, a file or a socket.
public enum ConversationJudgement {
  /// A connection that was not made, or a datagram that was not sent.
  public static func failure(of trouble: SocketTrouble) -> Failure {
    switch trouble {
    case .connection(.refused): Failure(.tcpRefused, detail: "the connection was refused")
    case .connection(.reset): Failure(.tcpReset, detail: "the connection was reset")
    case .connection(.timedOut):
      Failure(.timeoutConnect, detail: "no connection: the kernel gave up")
    case .connection(.unreachable(let text)):
      Failure(.netUnreachable, detail: "no way to the address: \(text)")
    case .connection(.own(let text)):
      Failure(.agentFailed, detail: "the agent could not connect: \(text)")
    case .connection(.other(let text)):
      Failure(.tcpFailed, detail: "the connection failed: \(text)")
    case .descriptors(let text), .connection(.noDescriptors(let text)):
      Failure(.agentNoDescriptors, detail: "the agent had no descriptors for the probe: \(text)")
    case .memory(let text):
      Failure(.agentNoMemory, detail: "the agent had no memory for the probe: \(text)")
    case .notAllowed(let text):
      Failure(.agentNotAllowed, detail: "the agent's system does not allow it: \(text)")
    }
  }

  /// An address that is not connected to.
  public static func failure(barred address: IPAddress, by rule: AddressRule) -> Failure {
    Failure(
      .agentAddressRefused,
      detail: "the agent does not connect to \(address): \(rule.reason)")
  }

  /// A connection that broke, by what it was at.
  public static func failure(of trouble: SocketTrouble, at stage: ConversationStage) -> Failure {
    switch (stage, trouble) {
    case (.encrypting, .connection(.reset)):
      Failure(.tlsReset, detail: "the connection was reset during the TLS handshake")
    case (.talking, .connection(.timedOut)), (.negotiating, .connection(.timedOut)),
      (.encrypting, .connection(.timedOut)):
      // The kernel no longer hears from a peer that it has sent something to.
      Failure(.tcpFailed, detail: "the connection broke: the peer no longer confirms anything")
    default: failure(of: trouble)
    }
  }

  /// The limit was reached.
  public static func late(_ stage: ConversationStage, limitUs: Int64) -> Failure {
    let (reason, what): (Reason, String) =
      switch stage {
      case .connecting: (.timeoutConnect, "no connection was accepted")
      case .encrypting: (.timeoutTLS, "the connection was accepted, and TLS did not come about")
      case .negotiating(hasHeard: false), .talking(hasHeard: false):
        (.timeoutFirstByte, "the connection stood, and nothing came")
      case .negotiating(hasHeard: true):
        (.timeoutAnswer, "something came, and no go-ahead for TLS")
      case .talking(hasHeard: true): (.timeoutAnswer, "something came, and not what is expected")
      }
    return Failure(reason, detail: "no answer within \(limitUs / 1_000) ms: \(what)")
  }

  /// TLS that did not come about, or broke.
  public static func failure(of trouble: HandshakeTrouble) -> Failure {
    switch trouble {
    case .alert(let number): alert(number)
    case .notTLS: Failure(.tlsNotTLS, detail: "what answers does not speak TLS")
    case .version: Failure(.tlsVersion, detail: "no TLS version in common")
    case .cipher: Failure(.tlsCipher, detail: "no cipher in common")
    case .weak(let text):
      Failure(.tlsWeak, detail: "a key or signature is too weak: \(VisibleText.excerpt(text))")
    case .certificate(let code, let text):
      Failure(
        reason(ofChain: code),
        detail: [62, 64].contains(code)
          ? "the certificate is for another name: \(VisibleText.excerpt(text, limit: 160))"
          : "the certificate is not accepted: \(VisibleText.excerpt(text, limit: 160))")
    case .status(let status): failure(of: status)
    case .closed:
      Failure(.tlsFailed, detail: "the connection was closed during the TLS handshake")
    case .authorities(let text):
      Failure(
        .agentAuthorities,
        detail: "the certificate authorities can't be read: \(VisibleText.excerpt(text))")
    case .identity(let text):
      Failure(
        .agentFailed,
        detail: "the check's client certificate can't be used: \(VisibleText.excerpt(text))")
    case .own(let text):
      Failure(.agentFailed, detail: "the agent could not begin TLS: \(VisibleText.excerpt(text))")
    case .other(let text):
      Failure(.tlsFailed, detail: "the TLS handshake failed: \(VisibleText.excerpt(text))")
    }
  }

  private static func failure(of status: StapledStatus) -> Failure {
    switch status {
    case .absent: Failure(.tlsStatus, detail: "no status of the certificate is stapled")
    case .revoked: Failure(.tlsRevoked, detail: "the stapled status says: revoked")
    case .unknown:
      Failure(.tlsStatus, detail: "the stapled status says: not known to the issuer")
    case .invalid(let text):
      Failure(.tlsStatus, detail: "the stapled status is not valid: \(VisibleText.excerpt(text))")
    case .good: Failure(.tlsStatus, detail: "the certificate's status is good")
    }
  }

  /// An alert of the peer (RFC 8446 section 6.2).
  private static func alert(_ number: UInt8) -> Failure {
    let (reason, text): (Reason, String) =
      switch number {
      case 40: (.tlsFailed, "handshake_failure: no parameters in common")
      case 42: (.tlsClientCertificate, "bad_certificate")
      case 43: (.tlsClientCertificate, "unsupported_certificate")
      case 44: (.tlsClientCertificate, "certificate_revoked")
      case 45: (.tlsClientCertificate, "certificate_expired")
      case 46: (.tlsClientCertificate, "certificate_unknown")
      case 48: (.tlsClientCertificate, "unknown_ca")
      case 70: (.tlsVersion, "protocol_version")
      case 71: (.tlsCipher, "insufficient_security")
      case 80: (.tlsFailed, "internal_error")
      case 86: (.tlsVersion, "inappropriate_fallback")
      case 112: (.tlsFailed, "unrecognized_name")
      case 116: (.tlsClientCertificate, "certificate_required")
      case 120: (.tlsFailed, "no_application_protocol")
      default: (.tlsFailed, "alert \(number)")
      }
    return Failure(reason, detail: "the server ended TLS: \(text)")
  }

  /// The reason that a chain is not accepted (OpenSSL, `x509_vfy.h`).
  static func reason(ofChain code: Int) -> Reason {
    switch code {
    case 9: .tlsNotYetValid
    case 10: .tlsExpired
    case 18: .tlsSelfSigned
    case 2, 19, 20, 21: .tlsUnknownIssuer
    case 23: .tlsRevoked
    case 62, 64: .tlsNameMismatch
    case 66, 67, 68: .tlsWeak
    default: .tlsChain
    }
  }
}
