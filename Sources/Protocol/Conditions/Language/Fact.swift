import Model

/// What a condition can ask about; the raw value is how it is written.
public enum Fact: String, CaseIterable, Hashable, Sendable {
  // Gatus's own.
  case status = "[STATUS]"
  case responseTime = "[RESPONSE_TIME]"
  case address = "[IP]"
  case body = "[BODY]"
  case connected = "[CONNECTED]"
  case certificateExpiration = "[CERTIFICATE_EXPIRATION]"
  case domainExpiration = "[DOMAIN_EXPIRATION]"
  case dnsCode = "[DNS_RCODE]"
  // What Gatus has no word for.
  case headers = "[HEADERS]"
  case dnsTime = "[DNS_TIME]"
  case connectTime = "[CONNECT_TIME]"
  case tlsTime = "[TLS_TIME]"
  case firstByteTime = "[FIRST_BYTE_TIME]"
  case bodySize = "[BODY_SIZE]"
  case bodyDigest = "[BODY_SHA256]"
  case httpVersion = "[HTTP_VERSION]"
  case finalURL = "[FINAL_URL]"
  case redirects = "[REDIRECTS]"
  case tlsVersion = "[TLS_VERSION]"
  case tlsCipher = "[TLS_CIPHER]"
  case certificateSubject = "[CERTIFICATE].subject"
  case certificateIssuer = "[CERTIFICATE].issuer"
  case certificateNames = "[CERTIFICATE].names"
  case certificateSerial = "[CERTIFICATE].serial"
  case certificateDigest = "[CERTIFICATE].fingerprint"
  case chainExpiration = "[CERTIFICATE].chain_expiration"
  case ocspStatus = "[CERTIFICATE].ocsp"
  case dnsAnswers = "[DNS_ANSWERS]"
  case dnsTTL = "[DNS_TTL]"
  case dnsAuthenticated = "[DNS_AD]"
  case dnsAuthoritative = "[DNS_AA]"
  case dnsSerials = "[DNS_SERIALS]"
  case packetLoss = "[PACKET_LOSS]"
  case jitter = "[JITTER]"
  case grpcStatus = "[GRPC_STATUS]"
  case closeCode = "[CLOSE_CODE]"

  /// Whether a probe of a kind can learn this.
  public func exists(for kind: ProbeKind) -> Bool {
    switch self {
    case .connected, .responseTime, .domainExpiration: true
    case .address, .dnsTime: kind != .domain
    case .status: kind == .http || kind == .websocket
    case .headers: kind == .http || kind == .websocket || kind == .grpc
    case .firstByteTime: kind == .http || kind == .websocket || kind == .grpc
    case .httpVersion: kind == .http || kind == .grpc
    case .finalURL, .redirects: kind == .http
    case .body, .bodySize, .bodyDigest:
      switch kind {
      case .http, .tcp, .udp, .dns, .grpc, .websocket: true
      case .icmp, .tls, .domain: false
      }
    case .connectTime:
      switch kind {
      case .http, .tcp, .tls, .grpc, .websocket: true
      case .udp, .icmp, .dns, .domain: false
      }
    case .tlsTime, .tlsVersion, .tlsCipher, .certificateExpiration, .certificateSubject,
      .certificateIssuer, .certificateNames, .certificateSerial, .certificateDigest,
      .chainExpiration, .ocspStatus:
      switch kind {
      case .http, .tcp, .tls, .grpc, .websocket: true
      case .udp, .icmp, .dns, .domain: false
      }
    case .dnsCode, .dnsAnswers, .dnsTTL, .dnsAuthenticated, .dnsAuthoritative, .dnsSerials:
      kind == .dns
    case .packetLoss, .jitter: kind == .icmp
    case .grpcStatus: kind == .grpc
    case .closeCode: kind == .websocket
    }
  }

  /// The reason where a condition on this is not met; `assertFailed` where there is none of its own.
  public var reason: Reason {
    switch self {
    case .status, .grpcStatus, .closeCode: .assertStatus
    case .responseTime, .dnsTime, .connectTime, .tlsTime, .firstByteTime, .jitter: .assertTime
    case .address: .assertAddress
    case .body, .bodySize, .bodyDigest: .assertBody
    case .headers: .assertHeader
    case .finalURL, .redirects: .redirectUnexpected
    case .certificateExpiration, .certificateSubject, .certificateIssuer, .certificateNames,
      .certificateSerial, .certificateDigest, .chainExpiration, .ocspStatus:
      .assertCertificate
    case .dnsCode, .dnsAnswers, .dnsTTL, .dnsAuthenticated, .dnsAuthoritative, .dnsSerials:
      .assertDNS
    case .connected, .packetLoss, .httpVersion, .tlsVersion, .tlsCipher, .domainExpiration:
      .assertFailed
    }
  }
}
