import Glibc

/// 127.0.0.1 and a port, as the socket calls take them: written out byte by byte (ip(7)), since two
/// modules of this target know a structure of that name.
enum Loopback {
  /// Whether `descriptor` is connected to the port then.
  static func connect(_ descriptor: Int32, port: Int) -> Bool {
    withAddress(port) { Glibc.connect(descriptor, $0, $1) } == 0
  }

  /// A port that nobody listened on a moment ago.
  static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw RawHTTP.Failure(reason: "no socket") }
    defer { close(descriptor) }
    guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else {
      throw RawHTTP.Failure(reason: "no free port")
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    var length = socklen_t(bytes.count)
    let code = bytes.withUnsafeMutableBytes { buffer in
      getsockname(descriptor, buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard code == 0 else { throw RawHTTP.Failure(reason: "no free port") }
    return Int(bytes[2]) << 8 | Int(bytes[3])
  }

  private static func withAddress(
    _ port: Int, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) -> Int32 {
    var bytes = [UInt8](repeating: 0, count: 16)
    withUnsafeBytes(of: UInt16(AF_INET)) { bytes.replaceSubrange(0..<2, with: $0) }
    bytes[2] = UInt8(port >> 8)
    bytes[3] = UInt8(port & 0xff)
    bytes.replaceSubrange(4..<8, with: [127, 0, 0, 1])
    return bytes.withUnsafeBytes { buffer in
      body(
        buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
    }
  }
}
