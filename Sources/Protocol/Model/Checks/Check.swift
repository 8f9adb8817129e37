/// The question that a monitor asks of its target. Held by reference, since it is long and much copied.
public indirect enum Check: Hashable, Sendable {
  case http(HTTPCheck)
  case tcp(TCPCheck)
  case udp(UDPCheck)
  case icmp(ICMPCheck)
  case dns(DNSCheck)
  case tls(TLSCheck)
  case grpc(GRPCCheck)
  case websocket(WebSocketCheck)

  /// What the check's target is, as a person wrote it: a URL, a host, or `host:port`.
  public var target: String {
    switch self {
    case .http(let check): check.url
    case .tcp(let check): check.address
    case .udp(let check): HostPort.text(check.host, check.port)
    case .icmp(let check): check.host
    case .dns(let check): "\(check.name) \(check.type)"
    case .tls(let check): HostPort.text(check.host, check.port)
    case .grpc(let check): HostPort.text(check.host, check.port)
    case .websocket(let check): check.url
    }
  }

  /// The check's kind as one word, such as `http`.
  public var kind: CheckKind {
    switch self {
    case .http: .http
    case .tcp: .tcp
    case .udp: .udp
    case .icmp: .icmp
    case .dns: .dns
    case .tls: .tls
    case .grpc: .grpc
    case .websocket: .websocket
    }
  }

  /// What every kind of check has.
  public var common: any CommonWishes {
    switch self {
    case .http(let check): check
    case .tcp(let check): check
    case .udp(let check): check
    case .icmp(let check): check
    case .dns(let check): check
    case .tls(let check): check
    case .grpc(let check): check
    case .websocket(let check): check
    }
  }

  /// Over which addresses of its target it is asked.
  public var family: AddressFamily {
    switch self {
    case .http(let check): check.family
    case .tcp(let check): check.family
    case .udp(let check): check.family
    case .icmp(let check): check.family
    case .dns(let check): check.family
    case .tls(let check): check.family
    case .grpc(let check): check.family
    case .websocket(let check): check.family
    }
  }

  /// The same question, over other addresses of its target.
  public func over(_ family: AddressFamily) -> Check {
    func changed<Kind: CommonWishes>(_ check: Kind) -> Kind {
      var check = check
      check.family = family
      return check
    }
    return switch self {
    case .http(let check): .http(changed(check))
    case .tcp(let check): .tcp(changed(check))
    case .udp(let check): .udp(changed(check))
    case .icmp(let check): .icmp(changed(check))
    case .dns(let check): .dns(changed(check))
    case .tls(let check): .tls(changed(check))
    case .grpc(let check): .grpc(changed(check))
    case .websocket(let check): .websocket(changed(check))
    }
  }
}

/// The kinds of checks, as the wire numbers them.
public enum CheckKind: UInt8, Sendable, CaseIterable {
  case http = 1
  case tcp = 2
  case udp = 3
  case icmp = 4
  case dns = 5
  case tls = 6
  case grpc = 7
  case websocket = 8

  /// The word for this kind in tables, the API and documents.
  public var word: String { "\(self)" }

  public init?(word: String) {
    guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = kind
  }
}

/// What a check of any kind may wish.
public protocol CommonWishes: Hashable, Sendable {
  var family: AddressFamily { get set }
  /// What else must be, in the language that `Protocol/Conditions` describes.
  var conditions: [String] { get set }
  /// Slower than this many milliseconds in all is degraded; `nil` never is.
  var degradedAboveMs: UInt32? { get set }
}

extension HTTPCheck: CommonWishes {}
extension TCPCheck: CommonWishes {}
extension UDPCheck: CommonWishes {}
extension ICMPCheck: CommonWishes {}
extension DNSCheck: CommonWishes {}
extension TLSCheck: CommonWishes {}
extension GRPCCheck: CommonWishes {}
extension WebSocketCheck: CommonWishes {}

/// A host and a port as one text.
enum HostPort {
  /// `host:port`, with brackets around an IPv6 address.
  static func text(_ host: String, _ port: UInt16) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
