import AgentCore
import Curl

extension PeerAddress {
  /// The address without its port, for a person.
  var text: String {
    switch self {
    case .ipv4(let number, _): AddressRules.text(ipv4: number)
    case .ipv6(let high, let low, _): AddressRules.text(ipv6: high, low)
    case .other(let family): "an address of family \(family)"
    }
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
