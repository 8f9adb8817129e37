import Glibc

/// A connection of plain sockets that says what it likes, or nothing. Its calls block, for 20 s at most.
final class RawConnection {
  private let descriptor: Int32

  /// - Parameter receiveBuffer: bytes that the system takes before anybody reads them.
  init(port: Int, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw RawHTTP.Failure(reason: "no socket") }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    if var receiveBuffer {
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    guard Loopback.connect(descriptor, port: port) else {
      throw RawHTTP.Failure(reason: "connection refused")
    }
  }

  deinit { close(descriptor) }

  /// `false` where the other side takes no more.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// Says that nothing more will be sent.
  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func readAnswer(hasBody: Bool = true) throws -> RawHTTP.Answer {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      if let answer = RawHTTP.parse(received, hasBody: hasBody) { return answer }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw RawHTTP.Failure(reason: "the connection ended early") }
      received += buffer[..<count]
    }
  }

  /// All that is sent until the other side ends the connection.
  func readToEnd() -> String {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return String(decoding: received, as: UTF8.self) }
      received += buffer[..<count]
    }
  }

  /// Goes on sending `bytes` until the other side takes no more; `false` where it does for 20 s.
  func isEnded(sending bytes: [UInt8]) -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .seconds(20) {
      if !send(bytes) { return true }
    }
    return false
  }
}
