import Model

extension Judgement {
  /// libcurl's codes that are told apart here (libcurl-errors(3)).
  private enum Code {
    static let unsupportedProtocol: UInt8 = 1
    static let malformedURL: UInt8 = 3
    static let noSuchHost: UInt8 = 6
    static let couldNotConnect: UInt8 = 7
    static let weirdReply: UInt8 = 8
    static let http2: UInt8 = 16
    static let partialBody: UInt8 = 18
    static let outOfMemory: UInt8 = 27
    static let timedOut: UInt8 = 28
    static let tlsHandshake: UInt8 = 35
    static let tooManyRedirects: UInt8 = 47
    static let emptyReply: UInt8 = 52
    static let sendFailed: UInt8 = 55
    static let receiveFailed: UInt8 = 56
    static let clientCertificate: UInt8 = 58
    static let cipher: UInt8 = 59
    static let peerVerification: UInt8 = 60
    static let contentEncoding: UInt8 = 61
    static let bodyTooLarge: UInt8 = 63
    static let caFile: UInt8 = 77
    static let certificateStatus: UInt8 = 91
    static let http2Stream: UInt8 = 92
    static let clientCertificateWanted: UInt8 = 98
    static let headTooLarge: UInt8 = 100
  }

  /// The failure that a transfer's end with a code other than 0 stands for.
  static func curlFailure(of facts: ProbeFacts) -> Failure {
    let (reason, detail) = classify(facts)
    return Failure(reason, curlCode: facts.curlCode, detail: detail)
  }

  private static func classify(_ facts: ProbeFacts) -> (Reason, String) {
    if let finding = endOfTLS(facts) { return finding }
    switch facts.curlCode {
    case Code.timedOut where facts.stage == .start:
      return (.dnsTimeout, "the name was not resolved within \(facts.limitMs) ms")
    case Code.timedOut:
      return (late(facts), "no answer within \(facts.limitMs) ms: \(unfinished(facts.stage))")
    case Code.noSuchHost:
      if case .own(let text) = facts.trouble {
        return (.agentResolver, "the agent could not look the name up: \(text)")
      }
      return (.dnsFailed, "the name does not resolve")
    case Code.receiveFailed where facts.lacksHTTP2 && facts.trouble == nil:
      return (.http2Framing, "what answers does not speak HTTP/2")
    case Code.couldNotConnect, Code.sendFailed, Code.receiveFailed:
      return connection(facts)
    case Code.emptyReply:
      return (.tcpClosed, "the connection was closed without an answer")
    case Code.tlsHandshake:
      if case .reset = facts.trouble {
        return (.tlsReset, "the connection was reset during the TLS handshake")
      }
      return (.tlsFailed, "the TLS handshake failed")
    case Code.peerVerification:
      return certificate(facts)
    case Code.certificateStatus:
      return (.tlsStatus, "the certificate's status is not good")
    case Code.clientCertificate:
      return (.agentFailed, "the check's client certificate or its key can't be used")
    case Code.clientCertificateWanted:
      return (.tlsClientCertificate, "a client certificate is wanted")
    case Code.cipher:
      return (.tlsCipher, "no cipher in common")
    case Code.unsupportedProtocol:
      return facts.stage >= .connected || facts.hasFollowedRedirects
        ? (.protocolInvalid, "the answer is not HTTP")
        : (.agentFailed, "this kind of URL is not probed")
    case Code.malformedURL:
      return facts.hasFollowedRedirects
        ? (.redirectInvalid, "a redirect to an address that can't be read")
        : (.agentFailed, "the URL can't be read")
    case Code.weirdReply:
      return (.protocolInvalid, "the answer is not valid HTTP")
    case Code.partialBody:
      return (.protocolIncomplete, "the answer ended before the length that it states")
    case Code.contentEncoding:
      return (.protocolEncoding, "the body's encoding is broken or not known")
    case Code.bodyTooLarge:
      return (.bodyTooLarge, "the body is larger than it may be")
    case Code.http2, Code.http2Stream:
      return (.http2Framing, "HTTP/2 framing is broken")
    case Code.tooManyRedirects:
      return (.redirectTooMany, "too many redirects")
    case Code.headTooLarge:
      return (.headersTooLarge, "a header of the answer is too large")
    case Code.outOfMemory:
      // libcurl says so, too, of a single header line that is larger than it takes.
      return facts.stage >= .answering
        ? (.headersTooLarge, "a header of the answer is too large")
        : (.agentNoMemory, "no memory for the probe")
    case Code.caFile:
      return (.agentAuthorities, "the agent's file of certificate authorities can't be read")
    default:
      return (.agentFailed, "the probe could not be made (libcurl \(facts.curlCode))")
    }
  }

  /// What TLS says of its end, where that is what ended the transfer.
  private static func endOfTLS(_ facts: ProbeFacts) -> (Reason, String)? {
    guard let trouble = facts.tlsTrouble else { return nil }
    switch facts.curlCode {
    case Code.tlsHandshake, Code.clientCertificateWanted: return trouble.finding
    // In TLS 1.3 a server says what it thinks of a certificate after the handshake; an alert about
    // anything else, then, is no matter of TLS coming about.
    case Code.emptyReply, Code.sendFailed, Code.receiveFailed:
      switch trouble {
      case .wantsCertificate, .refusesCertificate: return trouble.finding
      case .notTLS, .version, .cipher, .alert: return nil
      }
    default: return nil
    }
  }

  private static func connection(_ facts: ProbeFacts) -> (Reason, String) {
    switch facts.trouble {
    case .refused: return (.tcpRefused, "the connection was refused")
    case .reset: return (.tcpReset, "the connection was reset")
    case .timedOut: return (.timeoutConnect, "no connection: the kernel gave up")
    case .unreachable(let text): return (.netUnreachable, "no way to the address: \(text)")
    case .own(let text): return (.agentFailed, "the agent could not connect: \(text)")
    case .noDescriptors(let text):
      return (.agentNoDescriptors, "the agent could not connect: \(text)")
    case .other(let text): return (.tcpFailed, "the connection failed: \(text)")
    case nil:
      return facts.stage >= .connected
        ? (.tcpFailed, "the connection broke") : (.tcpFailed, "the connection was not made")
    }
  }

  private static func certificate(_ facts: ProbeFacts) -> (Reason, String) {
    guard let text = facts.chainError, facts.chainCode != 62 else {
      return (.tlsNameMismatch, "the certificate is for another name")
    }
    let detail = "the certificate is not accepted: \(excerpt(text))"
    // A leaf that has expired may be refused for something else, such as that it signed itself.
    guard [0, 10].contains(facts.chainCode), let days = facts.certificateDays, days < 0 else {
      return (chain(facts), detail)
    }
    return (.tlsExpired, "\(detail), \(-Int64(days)) days ago")
  }

  /// The reason that a chain is not accepted (OpenSSL, `x509_vfy.h`).
  private static func chain(_ facts: ProbeFacts) -> Reason {
    switch facts.chainCode {
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

  /// What a probe was at when its time was over.
  private static func late(_ facts: ProbeFacts) -> Reason {
    switch facts.stage {
    case .start, .resolved: .timeoutConnect
    case .connected: facts.wantsTLS ? .timeoutTLS : .timeoutFirstByte
    case .encrypted: .timeoutFirstByte
    case .answering: .timeoutTransfer
    }
  }

  private static func unfinished(_ stage: ProbeFacts.Stage) -> String {
    switch stage {
    case .start, .resolved: "no connection was accepted"
    case .connected: "the connection was accepted, and nothing came"
    case .encrypted: "TLS stood, and nothing came"
    case .answering: "the answer began and did not end"
    }
  }
}
