public import Model
import CLinux
import DNS
import Glibc
import Linux

/// From where this host would send to an address.
public enum SourceAddress {
  /// Asks the kernel's routes, without sending anything; `nil` where there is no way.
  public static func of(_ address: IPAddress) -> IPAddress? {
    let target = SocketAddress(ServerAddress(address))
    let raw = socket(target.family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { return nil }
    let descriptor = Descriptor(owning: raw)
    guard target.reading({ connect(descriptor.raw, $0, $1) }) == 0 else { return nil }
    var source = SocketAddress()
    guard source.writing({ getsockname(descriptor.raw, $0, $1) }) == 0 else { return nil }
    return source.endpoint?.address
  }

  /// The addresses in the order in which they are to be used (RFC 6724, as far as `AddressOrder` goes).
  static func sorted(_ addresses: [IPAddress]) -> [IPAddress] {
    guard addresses.count > 1 else { return addresses }
    return AddressOrder.sorted(addresses.map { .init($0, source: of($0)) })
  }
}
