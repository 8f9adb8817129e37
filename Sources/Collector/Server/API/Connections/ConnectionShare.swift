import Model
import NIOCore
import Store
import Synchronization

/// How many of the server's connections one customer holds (`IPAddress.customer`), so that no host takes
/// all of them. Proxies that the configuration names bring many customers and are not counted; nor is
/// this machine, on which a proxy may stand that nobody named.
final class ConnectionShare: Sendable {
  private let most: Int
  private let proxies: [IPNetwork]
  private let countsLoopback: Bool
  private let open = Mutex<[IPNetwork: Int]>([:])

  init(_ configuration: APIConfiguration) {
    most = configuration.connectionsOfOne ?? max(16, configuration.maxConnections / 4)
    proxies = configuration.proxies
    countsLoopback = configuration.countsLoopback
  }

  /// Takes a place for a connection until it ends; `false` where its customer has as many as they may.
  func enter(_ channel: any Channel) -> Bool {
    guard let text = channel.remoteAddress?.ipAddress,
      let address = IPAddress(text: text.prefix { $0 != "%" })?.plain, isCounted(address)
    else { return true }
    let customer = address.customer
    let isFree = open.withLock { open in
      guard open[customer, default: 0] < most else { return false }
      open[customer, default: 0] += 1
      return true
    }
    guard isFree else { return false }
    channel.closeFuture.whenComplete { [self] _ in
      open.withLock { open in open[customer] = open[customer].flatMap { $0 > 1 ? $0 - 1 : nil } }
    }
    return true
  }

  private func isCounted(_ address: IPAddress) -> Bool {
    if proxies.contains(where: { $0.contains(address) }) { return false }
    return countsLoopback || !Self.loopback.contains { $0.contains(address) }
  }

  private static let loopback = ["127.0.0.0/8", "::1/128"].compactMap { IPNetwork($0) }
}
