import AgentCore
import CLinux
import Glibc
import Model

/// An address and port as the kernel takes and gives them.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var size = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// Room for an address that the kernel tells.
  init() {}

  /// An address that the kernel has told.
  init(_ told: sockaddr_storage) { storage = told }

  init(_ address: IPAddress, port: UInt16) {
    switch address {
    case .ipv4(let number):
      var value = sockaddr_in()
      value.sin_family = sa_family_t(AF_INET)
      value.sin_port = port.bigEndian
      value.sin_addr.s_addr = number.bigEndian
      put(value)
    case .ipv6:
      var value = sockaddr_in6()
      value.sin6_family = sa_family_t(AF_INET6)
      value.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &value.sin6_addr) { $0.copyBytes(from: address.bytes) }
      put(value)
    }
  }

  private mutating func put<Address>(_ address: Address) {
    size = socklen_t(MemoryLayout<Address>.size)
    withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: Address.self) }
  }

  /// `AF_INET` or `AF_INET6`.
  var family: Int32 { Int32(storage.ss_family) }

  /// The address, read back from what the kernel is given or has told; `nil` for another family.
  var address: IPAddress? {
    withUnsafeBytes(of: storage) { bytes in
      switch family {
      case AF_INET: IPAddress(UnsafeRawBufferPointer(rebasing: bytes[4..<8]))
      case AF_INET6: IPAddress(UnsafeRawBufferPointer(rebasing: bytes[8..<24]))
      default: nil
      }
    }
  }

  /// Why it is not connected to; `nil` allows it.
  func refusal(by rules: AddressRules) -> AddressRule? {
    switch address {
    case .ipv4(let number): rules.refusal(ipv4: number)
    case .ipv6(let high, let low): rules.refusal(ipv6: high, low)
    case nil: .notInternet
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
