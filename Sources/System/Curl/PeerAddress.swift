import CCurl

/// An IP address and port that a transfer is about to connect to.
public enum PeerAddress: Hashable, Sendable {
  /// The address as one number, most significant byte first: 127.0.0.1 is 0x7f000001.
  case ipv4(UInt32, port: UInt16)
  /// The address's upper and lower half.
  case ipv6(UInt64, UInt64, port: UInt16)
  /// Some other kind of address, with its `AF_` number.
  case other(family: Int32)

  /// Reads what libcurl hands to the socket callback.
  init(_ address: UnsafePointer<curl_sockaddr>) {
    let bytes = UnsafeRawPointer(address).advanced(
      by: MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
    let count = Int(address.pointee.addrlen)
    switch address.pointee.family {
    case AF_INET where count >= MemoryLayout<sockaddr_in>.size:
      self = .ipv4(
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
        port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    case AF_INET6 where count >= MemoryLayout<sockaddr_in6>.size:
      self = .ipv6(
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
        port: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    case let family:
      self = .other(family: family)
    }
  }
}
