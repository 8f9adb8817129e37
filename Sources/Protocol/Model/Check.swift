/// The question that a monitor asks of its target.
public enum Check: Hashable, Sendable {
  case http(HTTPCheck)
  case tcp(TCPCheck)

  /// What the check's target is, as a person wrote it: a URL, or `host:port`.
  public var target: String {
    switch self {
    case .http(let check): check.url
    case .tcp(let check): check.address
    }
  }

  /// The check's kind as one word: `http` or `tcp`.
  public var kind: CheckKind {
    switch self {
    case .http: .http
    case .tcp: .tcp
    }
  }
}

/// The kinds of checks, as the wire numbers them.
public enum CheckKind: UInt8, Sendable, CaseIterable {
  case http = 1
  case tcp = 2

  /// The word for this kind in tables, the API and documents.
  public var word: String {
    switch self {
    case .http: "http"
    case .tcp: "tcp"
    }
  }

  public init?(word: String) {
    guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = kind
  }
}

/// Which addresses of a name a probe may use.
public enum AddressFamily: UInt8, Sendable, CaseIterable {
  case any = 0
  case ipv4 = 4
  case ipv6 = 6
}

/// One HTTP or HTTPS request and what its answer must be.
public struct HTTPCheck: Hashable, Sendable {
  /// An `http` or `https` URL.
  public var url: String
  public var method: String = "GET"
  /// Sent in this order, beside those that the agent sets itself.
  public var headers: [Header] = []
  public var body: [UInt8] = []
  /// The statuses that count as up.
  public var statusRanges: [ClosedRange<UInt16>] = [200...399]
  /// How many redirects are followed; 0 judges the first answer itself.
  public var maxRedirects: UInt32 = 10
  /// Texts that the body must contain, each of them, compared byte by byte.
  public var contains: [String] = []
  /// Texts that the body must not contain, compared byte by byte.
  public var absent: [String] = []
  /// What else the answer must be, in the language that `Protocol/Conditions` describes.
  public var conditions: [String] = []
  /// Bytes of the decoded body that are read before the check is content.
  public var bodyLimit: UInt32 = 1 << 20
  public var family: AddressFamily = .any
  /// Slower than this many milliseconds in all is degraded; `nil` never is.
  public var degradedAboveMs: UInt32?
  /// A certificate with fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32?

  public init(url: String) {
    self.url = url
  }

  /// One request header.
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }
}

/// One TCP connection that must be accepted.
public struct TCPCheck: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  public var port: UInt16
  public var family: AddressFamily = .any
  /// What else must be, in the language that `Protocol/Conditions` describes.
  public var conditions: [String] = []
  /// A slower connection than this many milliseconds is degraded; `nil` never is.
  public var degradedAboveMs: UInt32?

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `host:port`, with brackets around an IPv6 address.
  public var address: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
