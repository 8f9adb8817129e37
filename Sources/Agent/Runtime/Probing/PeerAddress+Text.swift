import AgentCore
import Curl
import Model

extension PeerAddress {
  /// Without its port; `nil` for one that is not of the internet.
  var ip: IPAddress? {
    switch self {
    case .ipv4(let number, _): .ipv4(number)
    case .ipv6(let high, let low, _): .ipv6(high: high, low: low)
    case .other: nil
    }
  }

  /// `nil` for one that is not of the internet.
  var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, _, let port): UInt16(exactly: port)
    case .other: nil
    }
  }

  /// The address without its port, for a person.
  var text: String {
    if case .other(let family) = self { return "an address of family \(family)" }
    return ip?.description ?? ""
  }

  /// Family, address and port as three words; for evidence.
  var words: String {
    switch self {
    case .ipv4(_, let port): "ipv4 \(text) \(port)"
    case .ipv6(_, _, let port): "ipv6 \(text) \(port)"
    case .other(let family): "family-\(family) - 0"
    }
  }
}

extension AddressRules {
  /// The rule that bars an address which libcurl is about to connect to.
  func refusal(of address: PeerAddress) -> AddressRule? {
    switch address {
    case .ipv4(let number, _): refusal(ipv4: number)
    case .ipv6(let high, let low, _): refusal(ipv6: high, low)
    case .other: .notInternet
    }
  }
}
