import Model
import CLinux
import DNS
import Glibc
import Linux

/// The socket of one attempt: a datagram from a port of its own, or a connection.
///
/// It belongs to the loop's thread, and closes when it goes away.
final class QuerySocket {
  /// What came of trying to read.
  enum Reading {
    /// So many bytes, from this sender.
    case bytes(Int, from: IPAddress, port: UInt16)
    /// Nothing there now.
    case nothing
    case broke(AskingTrouble)
  }

  private static let noSignal = Int32(MSG_NOSIGNAL)

  let run: UInt64
  let attempt: Int
  let server: ServerAddress
  let transport: LookupTransport
  private let descriptor: Descriptor
  /// Over TCP: what is still to be sent, the length first.
  private var unsent: ArraySlice<UInt8>
  private var isConnected = false
  /// Over TCP: what has come and is not a whole message yet.
  private var received: [UInt8] = []

  /// Sends the question, or begins to connect.
  ///
  /// - Throws: the kernel's account of why that does not work.
  init(
    _ message: [UInt8], to server: ServerAddress, over transport: LookupTransport, run: UInt64,
    attempt: Int
  ) throws(AskingTrouble) {
    self.run = run
    self.attempt = attempt
    self.server = server
    self.transport = transport
    let address = SocketAddress(server)
    let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
    let raw = socket(
      address.family,
      Int32(kind.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw AskingTrouble(errno: up_errno()) }
    descriptor = Descriptor(owning: raw)
    switch transport {
    case .udp:
      unsent = []
      // Not connected, so that what comes from elsewhere is seen; this asks for refusals all the same.
      var on: Int32 = 1
      let (level, option) =
        server.address.isIPv6
        ? (Int32(IPPROTO_IPV6), IPV6_RECVERR) : (Int32(IPPROTO_IP), IP_RECVERR)
      _ = setsockopt(raw, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
      let sent = address.reading { sendto(raw, message, message.count, Self.noSignal, $0, $1) }
      guard sent == message.count else { throw AskingTrouble(errno: up_errno()) }
    case .tcp, .tls, .https:
      unsent = ([UInt8(message.count >> 8), UInt8(message.count & 255)] + message)[...]
      let result = address.reading { connect(raw, $0, $1) }
      guard result == 0 || up_errno() == EINPROGRESS else {
        throw AskingTrouble(errno: up_errno())
      }
    }
  }

  var raw: Int32 { descriptor.raw }

  /// What the socket is to be watched for.
  var wanted: Readiness { unsent.isEmpty ? .readable : .writable }

  /// The next datagram.
  func readDatagram(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
    var sender = SocketAddress()
    let count = sender.writing { recvfrom(raw, buffer.baseAddress, buffer.count, 0, $0, $1) }
    guard count >= 0 else { return Self.failure() }
    // Not an internet address: whoever it is, it is not who was asked.
    let (address, port) = sender.endpoint ?? (.ipv4(0), 0)
    return .bytes(count, from: address, port: port)
  }

  /// Goes on with what is to be sent, once the connection stands.
  ///
  /// - Returns: what went wrong.
  func write() -> AskingTrouble? {
    if !isConnected {
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
        return AskingTrouble(errno: up_errno())
      }
      if code != 0 { return AskingTrouble(errno: code) }
      isConnected = true
    }
    let count = unsent.withUnsafeBytes { send(raw, $0.baseAddress, $0.count, Self.noSignal) }
    guard count >= 0 else {
      let code = up_errno()
      return code == EAGAIN || code == EINTR ? nil : AskingTrouble(errno: code)
    }
    unsent = unsent.dropFirst(count)
    return nil
  }

  /// Takes what has come over the connection.
  func readStream(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
    let count = recv(raw, buffer.baseAddress, buffer.count, 0)
    guard count >= 0 else { return Self.failure() }
    guard count > 0 else { return .broke(.closed) }
    received.append(contentsOf: buffer[..<count])
    return .bytes(count, from: server.address, port: server.port)
  }

  /// The next whole message out of what has come over the connection.
  func nextMessage() -> [UInt8]? {
    guard received.count >= 2 else { return nil }
    let count = Int(received[0]) << 8 | Int(received[1])
    guard received.count >= 2 + count else { return nil }
    let message = Array(received[2..<2 + count])
    received.removeFirst(2 + count)
    return message
  }

  private static func failure() -> Reading {
    let code = up_errno()
    return code == EAGAIN || code == EINTR ? .nothing : .broke(AskingTrouble(errno: code))
  }
}
