import AgentCore
import Curl

/// Which addresses alerts may be sent to: those that are connected to are judged, not names, so that
/// no name and no way of writing an address leads a collector into its own network.
public struct ReceiverGuard: Hashable, Sendable {
  private let rules: AddressRules

  /// - Parameter allowsPrivate: whether receivers may be on this machine or in its networks. Metadata
  ///   services and link-local addresses never are.
  public init(allowsPrivate: Bool) {
    rules = AddressRules(allowsLoopback: allowsPrivate, deniesPrivate: !allowsPrivate)
  }

  /// Why an address is not connected to, for a person; `nil` where it may be.
  func refusal(of address: PeerAddress) -> String? {
    let rule =
      switch address {
      case .ipv4(let number, _): rules.refusal(ipv4: number)
      case .ipv6(let high, let low, _): rules.refusal(ipv6: high, low)
      case .other: AddressRule.notInternet
      }
    guard let rule else { return nil }
    switch rule {
    case .loopback, .privateRange:
      return "its address is of this network: the operator may allow that by alerts_allow_private"
    case .metadata, .linkLocal, .unspecified, .multicast, .broadcast, .notInternet:
      return "its address is \(rule.reason)"
    }
  }
}
