/// Why a probe did not find its target up, as one stable word: what the API, the command line and
/// exports call it, and what rules may be written against.
///
/// The one list of all reasons. Numbers are the wire's (extension 2 of a record) and the store's; they
/// and the codes are never given to anything else. A new reason gets the next number of its class. An
/// agent of a later version may send a number that is not here: it counts as its class's
/// ``general(of:)``.
public enum Reason: UInt16, Sendable, CaseIterable {
  // MARK: The name did not resolve (100)
  case dnsFailed = 100
  case dnsNoSuchName = 101
  case dnsServerFailure = 102
  case dnsRefused = 103
  case dnsNoData = 104
  case dnsTimeout = 105
  case dnsMalformed = 106
  case dnsTruncated = 107
  case dnsLoop = 108

  // MARK: It took longer than its limit (200)
  case timeoutTotal = 200
  case timeoutConnect = 201
  case timeoutTLS = 202
  case timeoutFirstByte = 203
  case timeoutTransfer = 204
  case slow = 205
  case timeoutAnswer = 206
  case icmpLoss = 207

  // MARK: The connection (300)
  case tcpFailed = 300
  case tcpRefused = 301
  case tcpReset = 302
  case tcpClosed = 303
  case udpRefused = 304

  // MARK: TLS (400)
  case tlsFailed = 400
  case tlsExpired = 401
  case tlsNotYetValid = 402
  case tlsSelfSigned = 403
  case tlsUnknownIssuer = 404
  case tlsNameMismatch = 405
  case tlsRevoked = 406
  case tlsChain = 407
  case tlsVersion = 408
  case tlsCipher = 409
  case tlsClientCertificate = 410
  case tlsReset = 411
  case tlsNotTLS = 412
  case tlsStatus = 413
  case tlsExpiresSoon = 414
  case tlsWeak = 415

  // MARK: Not the protocol that was asked for (500)
  case protocolInvalid = 500
  case protocolIncomplete = 501
  case protocolEncoding = 502
  case bodyTooLarge = 503
  case headersTooLarge = 504
  case redirectTooMany = 505
  case redirectScheme = 506
  case redirectInvalid = 507
  case http2Framing = 508
  case bodyBomb = 509
  case protocolNoStatus = 510

  // MARK: A status that is not allowed (600)
  case httpStatus = 600
  case grpcStatus = 601
  case dnsStatus = 602
  case replyStatus = 603
  /// The token that the request was to carry was not given.
  case authToken = 604

  // MARK: The content is not what it should be (700)
  case assertFailed = 700
  case assertMissing = 701
  case assertUnwanted = 702
  case assertStatus = 703
  case assertBody = 704
  case assertJSON = 705
  case assertHeader = 706
  case assertTime = 707
  case assertCertificate = 708
  case assertRegex = 709
  case assertAddress = 710
  case assertDNS = 711
  case redirectUnexpected = 712

  // MARK: The agent could not ask (800)
  case agentFailed = 800
  case agentOverload = 801
  case agentNoMemory = 802
  case agentNoDescriptors = 803
  case agentResolver = 804
  case agentAddressRefused = 805
  case agentNotUnderstood = 806
  case agentDeadline = 807
  case agentAuthorities = 808
  case agentNotAllowed = 809
  case agentUnsupported = 810
  /// What the target sent made a pattern dearer than it may be: nothing is known.
  case assertTooCostly = 811
  case agentNoRoute = 812
  /// It works on as many checks that somebody tries as it may.
  case agentBusy = 813
  /// Said by the collector, of a region: nobody there could be asked.
  case agentAbsent = 814
  /// Said by the collector, of an agent that was asked.
  case agentSilent = 815

  // MARK: No way there (900)
  case netUnreachable = 900
  case proxyFailed = 901
  case proxyAuth = 902
}

extension Reason {
  /// How its failures count.
  public var failureClass: FailureClass {
    // The hundreds are the classes, in the wire's numbers.
    FailureClass(rawValue: UInt8(truncatingIfNeeded: rawValue / 100)) ?? .agent
  }

  /// Whether it says more than its class.
  public var isSpecial: Bool { rawValue % 100 != 0 }

  /// What is known where nothing but the class is.
  public static func general(of failureClass: FailureClass) -> Reason {
    Reason(rawValue: UInt16(failureClass.rawValue) * 100) ?? .agentFailed
  }

  /// The reason of this number, if it is of that class; else the class's general one.
  public init(number: UInt64, of failureClass: FailureClass) {
    let known = UInt16(exactly: number).flatMap { Reason(rawValue: $0) }
    self =
      known.flatMap { $0.failureClass == failureClass ? $0 : nil } ?? .general(of: failureClass)
  }

  /// The reason of this code.
  public init?(code: String) {
    guard let reason = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = reason
  }

  /// The stable word, lower-case ASCII in two parts.
  public var code: String { words.code }

  /// One sentence for people, without a full stop.
  public var sentence: String { words.sentence }

  private var words: (code: String, sentence: String) {
    switch self {
    case .dnsFailed: ("dns.failed", "the name does not resolve")
    case .dnsNoSuchName: ("dns.nxdomain", "the name does not exist")
    case .dnsServerFailure: ("dns.servfail", "the name servers failed to answer for the name")
    case .dnsRefused: ("dns.refused", "the name server refuses to answer for the name")
    case .dnsNoData: ("dns.nodata", "the name exists and has no address of the wanted kind")
    case .dnsTimeout: ("dns.timeout", "the name was not resolved in time")
    case .dnsMalformed: ("dns.malformed", "the name server's answer can't be read")
    case .dnsTruncated: ("dns.truncated", "the name server's answer was cut short")
    case .dnsLoop: ("dns.loop", "the name's aliases lead in a circle, or too far")

    case .timeoutTotal: ("timeout.total", "the whole check took longer than its limit")
    case .timeoutConnect: ("timeout.connect", "no connection was accepted in time")
    case .timeoutTLS:
      ("timeout.tls", "the connection was accepted and TLS did not come about in time")
    case .timeoutFirstByte:
      ("timeout.first_byte", "the connection stood and no answer came in time")
    case .timeoutTransfer: ("timeout.transfer", "the answer began and did not end in time")
    case .slow: ("time.slow", "slower than the check wishes")
    case .timeoutAnswer: ("timeout.answer", "nothing that was waited for came in time")
    case .icmpLoss: ("icmp.loss", "more packets were lost than the check allows")

    case .tcpFailed: ("tcp.failed", "the connection failed")
    case .tcpRefused: ("tcp.refused", "the connection was refused")
    case .tcpReset: ("tcp.reset", "the connection was reset")
    case .tcpClosed: ("tcp.closed", "the connection was closed without an answer")
    case .udpRefused: ("udp.refused", "the datagram was refused")

    case .tlsFailed: ("tls.failed", "the TLS handshake failed")
    case .tlsExpired: ("tls.expired", "a certificate has expired")
    case .tlsNotYetValid: ("tls.not_yet_valid", "a certificate is not valid yet")
    case .tlsSelfSigned: ("tls.self_signed", "the certificate is signed by itself")
    case .tlsUnknownIssuer: ("tls.unknown_issuer", "the certificate's issuer is not known")
    case .tlsNameMismatch: ("tls.name_mismatch", "the certificate is for another name")
    case .tlsRevoked: ("tls.revoked", "a certificate was revoked")
    case .tlsChain: ("tls.chain", "the certificate's chain is not accepted")
    case .tlsVersion: ("tls.version", "no TLS version in common")
    case .tlsCipher: ("tls.cipher", "no cipher in common")
    case .tlsClientCertificate: ("tls.client_certificate", "a client certificate is wanted")
    case .tlsReset: ("tls.reset", "the connection was reset during the TLS handshake")
    case .tlsNotTLS: ("tls.not_tls", "what answers does not speak TLS")
    case .tlsStatus: ("tls.ocsp", "the certificate's status is not good")
    case .tlsExpiresSoon: ("tls.expires_soon", "a certificate expires sooner than the check wishes")
    case .tlsWeak: ("tls.weak", "a key or signature of the chain is too weak")

    case .protocolInvalid: ("protocol.invalid", "the answer is not of the protocol asked for")
    case .protocolIncomplete: ("protocol.incomplete", "the answer ended before its stated length")
    case .protocolEncoding: ("protocol.encoding", "the body's encoding is broken or not known")
    case .bodyTooLarge: ("body.too_large", "the body is larger than it may be")
    case .headersTooLarge: ("headers.too_large", "the answer's headers are larger than they may be")
    case .redirectTooMany: ("redirect.too_many", "more redirects than the check allows")
    case .redirectScheme:
      ("redirect.scheme", "a redirect to something that is neither http nor https")
    case .redirectInvalid: ("redirect.invalid", "a redirect to an address that can't be read")
    case .http2Framing: ("http2.framing", "the HTTP/2 framing is broken")
    case .bodyBomb: ("body.bomb", "the body grows out of proportion when it is decompressed")
    case .protocolNoStatus: ("protocol.no_status", "the answer has no status")

    case .httpStatus: ("http.status", "the status is not one that the check allows")
    case .grpcStatus: ("grpc.status", "the service does not say that it is serving")
    case .dnsStatus:
      ("dns.rcode", "the name server's answer has a status that the check does not allow")
    case .replyStatus: ("reply.status", "the server's reply says that it does not serve")

    case .authToken: ("auth.token", "the token endpoint gave no token for the request")

    case .assertFailed: ("assert.failed", "the answer is not what the check expects")
    case .assertMissing: ("assert.contains", "a text that the body should have is not in it")
    case .assertUnwanted: ("assert.absent", "a text that the body should not have is in it")
    case .assertStatus: ("assert.status", "a condition on the status does not hold")
    case .assertBody: ("assert.body", "a condition on the body does not hold")
    case .assertJSON: ("assert.json", "a condition on a value of the JSON body does not hold")
    case .assertHeader: ("assert.header", "a condition on a header does not hold")
    case .assertTime: ("assert.time", "a condition on a time does not hold")
    case .assertCertificate: ("assert.certificate", "a condition on the certificate does not hold")
    case .assertRegex: ("assert.regex", "a pattern does not match")
    case .assertAddress: ("assert.address", "a condition on the address does not hold")
    case .assertDNS: ("assert.dns", "the answers are not those that the check expects")
    case .redirectUnexpected:
      ("assert.redirect", "the redirect does not lead where the check expects")

    case .agentFailed: ("agent.failed", "the agent could not ask")
    case .agentOverload: ("agent.overload", "the agent could not keep up")
    case .agentNoMemory: ("agent.no_memory", "the agent had no memory for the probe")
    case .agentNoDescriptors: ("agent.no_descriptors", "the agent had no descriptors for the probe")
    case .agentResolver: ("agent.resolver", "the agent could not look the name up")
    case .agentAddressRefused:
      ("agent.address_refused", "the agent does not connect to such an address")
    case .agentNotUnderstood:
      ("agent.not_understood", "the agent's version does not know the check")
    case .agentDeadline: ("agent.deadline", "the question's deadline came before the check's limit")
    case .agentAuthorities:
      ("agent.authorities", "the agent's certificate authorities can't be read")
    case .agentNotAllowed: ("agent.not_allowed", "the agent's system does not allow such probes")
    case .agentUnsupported:
      ("agent.unsupported", "the agent's libraries can't do what the check asks")
    case .agentNoRoute:
      ("agent.no_route", "the agent's host has no way to addresses of the wanted family")
    case .agentBusy: ("agent.busy", "the agent tries as many checks at once as it may")
    case .agentAbsent: ("agent.absent", "no agent of the region is connected")
    case .agentSilent: ("agent.silent", "the agent did not answer in time")
    case .assertTooCostly: ("assert.too_costly", "a pattern took more steps than it may")

    case .netUnreachable: ("net.unreachable", "there is no way to the address")
    case .proxyFailed: ("proxy.failed", "the proxy made no way to the target")
    case .proxyAuth: ("proxy.auth", "the proxy does not accept the agent")
    }
  }
}
