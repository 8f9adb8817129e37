import Model

/// Where a name server is asked.
public struct ServerAddress: Hashable, Sendable {
  public static let commonPort: UInt16 = 53

  public var address: IPAddress
  public var port: UInt16
  /// The interface that a link-local address is reached by; empty where none was named.
  public var zone: String

  public init(_ address: IPAddress, port: UInt16 = commonPort, zone: String = "") {
    self.address = address
    self.port = port
    self.zone = zone
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

  /// For a person.
  public var word: String {
    switch self {
    case .udp: "UDP"
    case .tcp: "TCP"
    }
  }
}
