import Model

/// All that is known of a conversation that has ended.
///
/// Times are in microseconds since its begin.
public struct ConversationReport: Hashable, Sendable {
  /// Bytes of what came that are kept.
  public static let mostReceived = 4_096

  /// Why not everything that was asked for was met; `nil` where it was.
  public var failure: Failure?
  public var connectedUs: Int64?
  /// The TLS handshake ended.
  public var tlsUs: Int64?
  /// The first byte that belongs to the conversation came: of a go-ahead in the clear, or after TLS.
  public var firstByteUs: Int64?
  /// When it was known what came of it.
  public var totalUs: Int64 = 0
  /// The address that was connected to or asked, or else the last that was tried.
  public var address: IPAddress?
  /// In the order in which they were tried.
  public var attempts: [ConnectAttempt] = []
  public var tls: TLSFacts?
  /// The first bytes that came, without those of TLS itself.
  public var received: [UInt8] = []
  /// How many came.
  public var receivedCount = 0
  public var echo: EchoStatistics?
  /// What the WebSocket's server closed with; 1005 where it named no code.
  public var closeCode: UInt16?
  /// Where among the bytes that came the head stands that answered a WebSocket's request; `nil` where
  /// none did. It may go on behind `received`.
  public var head: Range<Int>?
  /// The table of a trace, in lines; empty for conversations of other kinds.
  public var trace: [UInt8] = []
  /// To the plan's question; without its length.
  public var answer: [UInt8]?

  public init() {}

  /// What of the kept bytes is that head; what came before it were interim ones.
  public var keptHead: ArraySlice<UInt8> {
    head.map { received[$0.clamped(to: received.indices)] } ?? []
  }

  /// What of the kept bytes came behind that head, or all of them.
  public var body: ArraySlice<UInt8> { received.dropFirst(head?.upperBound ?? 0) }

  /// Notes bytes that came.
  public mutating func note(_ bytes: [UInt8], atUs: Int64) {
    guard !bytes.isEmpty else { return }
    firstByteUs = firstByteUs ?? atUs
    receivedCount += bytes.count
    if received.count < Self.mostReceived {
      received += bytes.prefix(Self.mostReceived - received.count)
    }
  }
}

/// What was seen of TLS.
public struct TLSFacts: Hashable, Sendable {
  /// Such as "TLSv1.3"; empty where no version was agreed on.
  public var version = ""
  /// OpenSSL's name of the cipher suite; empty where none was agreed on.
  public var cipher = ""
  /// What ALPN chose.
  public var chosenProtocol: String?
  /// As the server sent it, its leaf first; the first ten.
  public var chain: [CertificateFacts] = []
  /// Whether chain and name hold, whether the plan asks for it or not.
  public var isVerified = false
  /// The first that is wrong (OpenSSL's `X509_V_ERR_...`, a name last); 0 where nothing is.
  public var verifyCode = 0
  public var status = StapledStatus.absent
  /// Whether the server asked for a certificate of the client.
  public var wantsClientCertificate = false

  public init() {}

  /// When the leaf expires, in seconds since 1970.
  public var leafExpiry: Int64? { chain.first?.notAfter }
  /// When the first certificate of the chain expires, in seconds since 1970.
  public var earliestExpiry: Int64? { chain.map(\.notAfter).min() }
}

/// What an OCSP response says that the server sent in the handshake (RFC 6066 section 8).
public enum StapledStatus: Hashable, Sendable {
  /// None was sent, or none was asked for.
  case absent
  case good
  case revoked
  case unknown
  /// It can't be read, is not signed as it should be, is too old or about another certificate.
  case invalid(String)
}

/// What a certificate says.
public struct CertificateFacts: Hashable, Sendable {
  /// RFC 2253, controls escaped.
  public var subject = ""
  public var issuer = ""
  /// DNS names and addresses that it is for; the first hundred.
  public var names: [String] = []
  /// Seconds since 1970.
  public var notBefore: Int64 = 0
  /// Seconds since 1970.
  public var notAfter: Int64 = 0
  /// Hexadecimal, lower case.
  public var serial = ""
  /// SHA-256 of the whole certificate, hexadecimal, lower case.
  public var fingerprint = ""
  /// Such as "RSA" or "EC".
  public var keyType = ""
  public var keyBits = 0
  /// Such as "ecdsa-with-SHA256".
  public var signatureAlgorithm = ""

  public init() {}
}
