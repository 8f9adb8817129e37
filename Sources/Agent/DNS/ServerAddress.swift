import Model

/// Where a name server is asked.
public struct ServerAddress: Hashable, Sendable {
  public static let commonPort: UInt16 = 53

  public var address: IPAddress
  public var port: UInt16
  /// The interface that a link-local address is reached by; empty where none was named.
  public var zone: String
  /// Who it must prove to be; `nil` where it is asked in clear.
  public var identity: Identity?

  public init(
    _ address: IPAddress, port: UInt16 = commonPort, zone: String = "", identity: Identity? = nil
  ) {
    self.address = address
    self.port = port
    self.zone = zone
    self.identity = identity
  }

  /// What is known of a server by its name, beside where it is.
  public struct Identity: Hashable, Sendable {
    /// The name or address that its certificate must be for.
    public var host: String
    /// Where it is asked over HTTPS, with a slash first.
    public var path: String

    public init(host: String, path: String = DNSQuestion.NameServer.commonPath) {
      self.host = host
      self.path = path
    }
  }
}

extension ServerAddress: CustomStringConvertible {
  /// The address, and the port where it is not 53.
  public var description: String {
    let text = zone.isEmpty ? "\(address)" : "\(address)%\(zone)"
    guard port != Self.commonPort else { return text }
    return address.isIPv6 ? "[\(text)]:\(port)" : "\(text):\(port)"
  }
}

/// How a question travels.
public enum LookupTransport: Hashable, Sendable {
  case udp, tcp
  /// DNS over TLS (RFC 7858).
  case tls
  /// DNS over HTTPS (RFC 8484).
  case https

  /// For a person.
  public var word: String {
    switch self {
    case .udp: "UDP"
    case .tcp: "TCP"
    case .tls: "TLS"
    case .https: "HTTPS"
    }
  }

  /// Whether a server proves who it is, so that what comes is its own.
  public var isEncrypted: Bool {
    switch self {
    case .udp, .tcp: false
    case .tls, .https: true
    }
  }

  /// Where servers listen for it.
  public var commonPort: UInt16 {
    switch self {
    case .udp, .tcp: ServerAddress.commonPort
    case .tls: 853
    case .https: 443
    }
  }
}
