import Model

extension Reason {
  /// Whether a failure for this reason may be the fault of the way to the address that was tried, so
  /// that the way is worth tracing.
  ///
  /// Silence may be, at whatever point it set in: packets are lost, or a large one never fits. So may a
  /// connection that broke since nobody confirmed anything, and that there is no way at all. Whatever
  /// else came is an answer, be it a refusal, a reset or a farewell: the way stood. A name that is not
  /// resolved leaves no address, and slowness is no failure. Of a proxy the way to it is meant.
  public var isAboutTheWay: Bool {
    switch self {
    case .timeoutTotal, .timeoutConnect, .timeoutTLS, .timeoutFirstByte, .timeoutTransfer,
      .timeoutAnswer, .icmpLoss, .tcpFailed, .netUnreachable, .proxyFailed:
      true
    case .dnsFailed, .dnsNoSuchName, .dnsServerFailure, .dnsRefused, .dnsNoData, .dnsTimeout,
      .dnsMalformed, .dnsTruncated, .dnsLoop:
      false
    case .slow: false
    case .tcpRefused, .tcpReset, .tcpClosed, .udpRefused, .proxyAuth: false
    case .tlsFailed, .tlsExpired, .tlsNotYetValid, .tlsSelfSigned, .tlsUnknownIssuer,
      .tlsNameMismatch, .tlsRevoked, .tlsChain, .tlsVersion, .tlsCipher, .tlsClientCertificate,
      .tlsReset, .tlsNotTLS, .tlsStatus, .tlsExpiresSoon, .tlsWeak:
      false
    case .protocolInvalid, .protocolIncomplete, .protocolEncoding, .bodyTooLarge,
      .headersTooLarge, .redirectTooMany, .redirectScheme, .redirectInvalid, .http2Framing,
      .bodyBomb, .protocolNoStatus:
      false
    case .httpStatus, .grpcStatus, .dnsStatus, .replyStatus, .authToken: false
    case .assertFailed, .assertMissing, .assertUnwanted, .assertStatus, .assertBody, .assertJSON,
      .assertHeader, .assertTime, .assertCertificate, .assertRegex, .assertAddress, .assertDNS,
      .redirectUnexpected, .assertTooCostly:
      false
    // The agent's own trouble says nothing of the target.
    case .agentFailed, .agentOverload, .agentNoMemory, .agentNoDescriptors, .agentResolver,
      .agentAddressRefused, .agentNotUnderstood, .agentDeadline, .agentAuthorities,
      .agentNotAllowed, .agentUnsupported, .agentNoRoute, .agentBusy, .agentAbsent, .agentSilent:
      false
    }
  }
}
