/// One HTTP or HTTPS request and what its answer must be.
public struct HTTPCheck: Hashable, Sendable {
  /// An `http` or `https` URL.
  public var url: String
  public var method: String = "GET"
  /// Sent in this order, beside those that the agent sets itself.
  public var headers: [RequestHeader] = []
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
  public var authentication: HTTPAuthentication?
  public var tls = TLSWishes()
  public var version = HTTPVersion.http11
  /// The address that is connected to, whatever the URL's name resolves to.
  public var pinnedAddress: IPAddress?
  public var proxy: Proxy?
  /// What the last answer must redirect to: the start of its location, made absolute.
  public var expectedLocation: String?
  /// Whether cookies that a redirect sets are sent to the next request of the probe.
  public var keepsCookies = false
  /// Whether the URL carries a parameter that differs at every probe, so that no cache answers it.
  public var bustsCaches = false
  /// Whether a compressed answer is asked for, and decoded, though no content is looked at.
  public var wantsCompression = false
  /// Whether the connection is kept for the next probe; then no probe shows what a new one costs.
  public var keepsConnection = false
  /// Slower than this many milliseconds in all is degraded; `nil` never is.
  public var degradedAboveMs: UInt32?
  /// A certificate with fewer days left than this is degraded; `nil` never is.
  public var degradedBelowCertificateDays: UInt32?

  public init(url: String) {
    self.url = url
  }
}

/// One header of a request, or one entry of a gRPC call's metadata.
public struct RequestHeader: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// The versions of HTTP that a check may ask for.
public enum HTTPVersion: UInt8, Sendable, CaseIterable {
  case http11 = 0
  /// HTTP/2 where the target agrees to it in the TLS handshake; in plain text at once.
  case http2 = 2

  /// The word for it in the API.
  public var word: String {
    switch self {
    case .http11: "1.1"
    case .http2: "2"
    }
  }
}
