/// What a probe learned. What it did not learn is `nil` or empty; a kind of probe that can't learn a
/// thing leaves it so.
///
/// Times are whole milliseconds. A phase's time is the phase's own.
public struct ConditionFacts: Sendable {
  public var kind: ProbeKind
  public var isConnected: Bool?
  public var responseTimeMs: Int64?
  public var dnsTimeMs: Int64?
  public var connectTimeMs: Int64?
  public var tlsTimeMs: Int64?
  /// From the request's last byte to the answer's first.
  public var firstByteTimeMs: Int64?
  /// The address that was connected to, without brackets.
  public var address: String?
  /// The status of HTTP, or of the answer to a WebSocket's upgrade.
  public var status: Int64?
  /// In the order in which they came, names as they came.
  public var headers: [Header] = []
  /// What the target said: HTTP's decoded body, a message, the bytes read. Of a DNS answer without
  /// one, `[BODY]` is the answers.
  public var body: [UInt8]?
  /// Whether more of the body came than was kept.
  public var isBodyCut = false
  /// Bytes of the whole body; `nil` where `body` is all of it.
  public var bodySize: Int64?
  /// SHA-256 of the body.
  public var bodyDigest: [UInt8]?
  /// `1.0`, `1.1`, `2` or `3`.
  public var httpVersion: String?
  public var finalURL: String?
  public var redirects: Int64?
  /// `1.2`, or `TLSv1.2`.
  public var tlsVersion: String?
  public var tlsCipher: String?
  public var certificate: Certificate?
  /// Until the registration of the domain ends.
  public var domainExpiresInMs: Int64?
  public var dns: DNS?
  /// Percent of the packets that were not answered.
  public var packetLoss: Int64?
  public var jitterMs: Int64?
  public var grpcStatus: Int64?
  /// The code with which the target closed a WebSocket.
  public var closeCode: Int64?

  public init(kind: ProbeKind) {
    self.kind = kind
  }

  /// One header of the answer.
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What the target's certificates say.
  public struct Certificate: Hashable, Sendable {
    /// Until the leaf expires; negative where it has.
    public var expiresInMs: Int64?
    /// Until the first of the chain expires.
    public var chainExpiresInMs: Int64?
    public var subject: String?
    public var issuer: String?
    /// The subject's alternative names.
    public var names: [String] = []
    /// In hexadecimal digits.
    public var serial: String?
    /// SHA-256 of the leaf.
    public var digest: [UInt8]?
    /// What the stapled OCSP answer says: `good`, `revoked` or `unknown`.
    public var ocspStatus: String?

    public init() {}
  }

  /// What a DNS server answered.
  public struct DNS: Hashable, Sendable {
    /// `NOERROR`, `NXDOMAIN` and so on.
    public var code: String?
    /// The answers' data in presentation form.
    public var answers: [String] = []
    /// Seconds, the shortest of the answers.
    public var ttl: Int64?
    /// The AD bit: the resolver has checked DNSSEC.
    public var isAuthenticated: Bool?
    /// The AA bit.
    public var isAuthoritative: Bool?
    /// The serials that the zone's name servers gave, each once.
    public var serials: [String] = []

    public init() {}
  }
}
