import Model
import Store

/// Finds out where a request came from.
///
/// `X-Forwarded-For` is believed as far as it was written by proxies that the configuration names:
/// from its end, each address that is such a proxy's vouches for the one before it. Whatever stands
/// before the first that is none may have been made up by the client. Other headers
/// (`Forwarded`, `X-Real-IP`) are never read: a proxy that sets one hands through the others.
enum ClientAddress {
  /// - Parameters:
  ///   - peer: the other end of the connection.
  ///   - forwarded: the values of `X-Forwarded-For`, in their order.
  static func find(
    peer: IPAddress?, forwarded: [String], proxies: [IPNetwork]
  ) -> IPAddress? {
    guard var address = peer?.plain else { return nil }
    // Bounded by what a request's headers may hold.
    let hops = forwarded.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
    for hop in hops.reversed() {
      guard proxies.contains(where: { $0.contains(address) }),
        let named = IPAddress(text: hop.utf8.filter { $0 != 0x20 && $0 != 0x09 }[...])
      else { break }
      address = named.plain
    }
    return address
  }
}
