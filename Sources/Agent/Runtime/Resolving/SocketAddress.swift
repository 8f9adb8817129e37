import Model
import CLinux
import DNS
import Glibc

/// An address and port as the kernel takes and gives them.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var size = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// Room for an address that the kernel tells.
  init() {}

  init(_ server: ServerAddress) {
    switch server.address {
    case .ipv4(let number):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = server.port.bigEndian
      address.sin_addr.s_addr = number.bigEndian
      put(address)
    case .ipv6:
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = server.port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: server.address.bytes) }
      if !server.zone.isEmpty {
        address.sin6_scope_id = UInt32(server.zone) ?? if_nametoindex(server.zone)
      }
      put(address)
    }
  }

  private mutating func put<Address>(_ address: Address) {
    size = socklen_t(MemoryLayout<Address>.size)
    withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: Address.self) }
  }

  /// `AF_INET` or `AF_INET6`.
  var family: Int32 { Int32(storage.ss_family) }

  /// The address and port that the kernel told; `nil` for another family.
  var endpoint: (address: IPAddress, port: UInt16)? {
    withUnsafeBytes(of: storage) { bytes in
      let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      let address: IPAddress? =
        switch family {
        case AF_INET: IPAddress(UnsafeRawBufferPointer(rebasing: bytes[4..<8]))
        case AF_INET6: IPAddress(UnsafeRawBufferPointer(rebasing: bytes[8..<24]))
        default: nil
        }
      return address.map { ($0, port) }
    }
  }

  /// Lends the address to a call that reads it.
  func reading<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }

  /// Lends room for an address to a call that writes it.
  mutating func writing<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
  ) -> Result {
    var room = socklen_t(MemoryLayout<sockaddr_storage>.size)
    defer { size = room }
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &room) }
    }
  }
}
