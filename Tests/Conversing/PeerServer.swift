import COpenSSL
import Glibc
import Linux
import Synchronization
import Testing

/// A server on a loopback address that does to each connection, one after the other, exactly what a
/// script says, right or wrong. One thread serves; `stop` ends it.
final class PeerServer: Sendable {
  /// One thing done to a connection.
  enum Step: Sendable {
    case send([UInt8])
    /// Reads until this has come, or the peer goes.
    case await(String)
    /// Reads exactly so many bytes.
    case awaitCount(Int)
    /// The handshake of a server; what follows goes through it.
    case tls(PeerTLS)
    /// Sends these bytes one by one, so many milliseconds apart.
    case drip([UInt8], everyMs: Int64)
    /// Sends 16 kB of this byte again and again until the peer goes.
    case flood(UInt8)
    /// Ends in the orderly way, with TLS's goodbye where there is TLS.
    case close
    /// Ends without TLS's goodbye.
    case cut
    /// Ends with RST.
    case reset
    /// Does nothing more until the peer goes.
    case hold

    static func send(_ text: String) -> Step { .send(Array(text.utf8)) }
  }

  let port: UInt16
  private let listener: Int32
  private let thread: DedicatedThread
  private let state = Shared()

  private final class Shared: Sendable {
    let heard = Mutex<[[UInt8]]>([])
    let current = Mutex<Int32>(-1)
    let isOver = Mutex(false)
  }

  init(isIPv6: Bool = false, _ script: [Step]) throws {
    let listener = try Self.listening(isIPv6)
    self.listener = listener.fd
    port = listener.port
    thread = try DedicatedThread(name: "peer") { [state, fd = listener.fd] in
      signal(SIGPIPE, SIG_IGN)
      while true {
        let accepted = accept(fd, nil, nil)
        guard accepted >= 0 else { return }
        let isOver = state.isOver.withLock { $0 }
        if !isOver {
          state.current.withLock { $0 = accepted }
          var connection = PeerConnection(accepted)
          connection.run(script)
          state.heard.withLock { $0.append(connection.heard) }
          state.current.withLock { $0 = -1 }
          connection.end()
        } else {
          close(accepted)
        }
      }
    }
  }

  /// What each connection that is over has said, out of TLS where there was TLS.
  var heard: [[UInt8]] { state.heard.withLock { $0 } }

  func stop() {
    state.isOver.withLock { $0 = true }
    state.current.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    shutdown(listener, Int32(SHUT_RDWR))
    thread.join()
    close(listener)
  }

  private static func listening(_ isIPv6: Bool) throws -> (fd: Int32, port: UInt16) {
    let fd = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let port = try bound(fd, isIPv6)
    try #require(listen(fd, 256) == 0)
    return (fd, port)
  }

  /// Binds to a free port of the loopback address.
  static func bound(_ fd: Int32, _ isIPv6: Bool = false) throws -> UInt16 {
    func bound<Address>(_ address: inout Address) -> Bool {
      var size = socklen_t(MemoryLayout<Address>.size)
      return withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0
        }
      }
    }
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      try #require(bound(&address))
      return UInt16(bigEndian: address.sin6_port)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    try #require(bound(&address))
    return UInt16(bigEndian: address.sin_port)
  }
}

/// One connection of a `PeerServer`, with calls that wait.
private struct PeerConnection {
  let fd: Int32
  var tls: OpaquePointer?
  var heard: [UInt8] = []

  init(_ fd: Int32) {
    self.fd = fd
  }

  mutating func run(_ script: [PeerServer.Step]) {
    for step in script {
      switch step {
      case .send(let bytes): if !write(bytes) { return }
      case .await(let wanted):
        let wanted = Array(wanted.utf8)
        while !wanted.isEmpty, !heard.holds(wanted) { if !read() { return } }
      case .awaitCount(let count):
        for _ in 0..<count { if !read(1) { return } }
      case .tls(let settings):
        guard let made = SSL_new(settings.context) else { return }
        tls = made
        SSL_set_fd(made, fd)
        if SSL_accept(made) != 1 { return }
      case .drip(let bytes, let everyMs):
        for byte in bytes {
          if !write([byte]) { return }
          waitForSockets([], timeoutMs: everyMs)
        }
      case .flood(let byte):
        let block = [UInt8](repeating: byte, count: 16_384)
        while write(block) {}
      case .close:
        if let tls { SSL_shutdown(tls) }
        return
      case .cut: return
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        return
      case .hold: while read() {}
      }
    }
  }

  mutating func end() {
    if let tls { SSL_free(tls) }
    ERR_clear_error()
    close(fd)
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    guard !bytes.isEmpty else { return true }
    if let tls { return SSL_write(tls, bytes, Int32(bytes.count)) == Int32(bytes.count) }
    return send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private mutating func read(_ most: Int = 4_096) -> Bool {
    var bytes = [UInt8](repeating: 0, count: most)
    let count =
      tls.map { Int(SSL_read($0, &bytes, Int32(most))) } ?? Glibc.read(fd, &bytes, most)
    guard count > 0 else { return false }
    heard += bytes[..<count]
    return true
  }
}

extension [UInt8] {
  func holds(_ part: [UInt8]) -> Bool {
    count >= part.count
      && (0...(count - part.count)).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
  }
}

/// A port of 127.0.0.1 at which nothing listens, for as long as this value lives.
final class DeadPort {
  let number: UInt16
  private let holder: Int32

  init(isDatagram: Bool = false) throws {
    holder = socket(AF_INET, Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
    number = try PeerServer.bound(holder)
    // A datagram socket that is bound listens; one that has closed leaves its port refused.
    if isDatagram { close(holder) }
    self.isDatagram = isDatagram
  }

  private let isDatagram: Bool

  deinit {
    if !isDatagram { close(holder) }
  }
}
