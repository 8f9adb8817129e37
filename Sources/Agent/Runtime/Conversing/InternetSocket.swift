import CLinux
import Dialogue
import Glibc
import Linux

/// A socket that never waits, closed when it goes away.
final class InternetSocket {
  enum Received {
    case bytes(Int)
    /// Nothing there now.
    case nothing
    /// The peer has closed.
    case closed
    case broke(SocketTrouble)
  }

  private let descriptor: Descriptor

  init(_ family: Int32, _ kind: __socket_type, _ number: Int32 = 0) throws(SocketTrouble) {
    let flags = kind.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let raw = socket(family, Int32(flags), number)
    guard raw >= 0 else { throw SocketTrouble(errno: up_errno()) }
    descriptor = Descriptor(owning: raw)
  }

  var raw: Int32 { descriptor.raw }

  /// Connects, or begins to.
  ///
  /// - Returns: whether it is connected already.
  func connect(to address: SocketAddress) throws(SocketTrouble) -> Bool {
    let result = address.reading { Glibc.connect(raw, $0, $1) }
    if result == 0 { return true }
    let code = up_errno()
    guard code == EINPROGRESS else { throw SocketTrouble(errno: code) }
    return false
  }

  /// What came of connecting, or broke since; it is forgotten by that.
  func takeTrouble() -> SocketTrouble? {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
      return SocketTrouble(errno: up_errno())
    }
    return code == 0 ? nil : SocketTrouble(errno: code)
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
    let count = recv(raw, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .closed }
    let code = up_errno()
    return code == EAGAIN || code == EINTR ? .nothing : .broke(SocketTrouble(errno: code))
  }

  /// Whether bytes wait to be read.
  var hasBytes: Bool {
    var byte: UInt8 = 0
    return recv(raw, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
  }

  /// Sends what there is room for.
  ///
  /// - Returns: how many bytes went.
  func send(_ bytes: ArraySlice<UInt8>) throws(SocketTrouble) -> Int {
    let count = bytes.withUnsafeBytes {
      Glibc.send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count < 0 else { return count }
    let code = up_errno()
    guard code == EAGAIN || code == EINTR else { throw SocketTrouble(errno: code) }
    return 0
  }

  func set(_ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = setsockopt(raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
