import Curl
import Glibc

/// A connection to a port of the loopback that blocks, with a limit on every wait.
final class TestSocket {
  /// Why a test's connection gave nothing.
  enum Trouble: Error {
    case cannotConnect
    case timeout
    case failed(Int32)
  }

  private enum Transport {
    case plain(Int32)
    case tls(EasyHandle)
  }

  private let transport: Transport
  /// The most that one wait may last.
  var timeoutMs: Int32 = 10_000

  /// Connects without TLS.
  init(plain port: Int) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard code == 0 else {
      close(descriptor)
      throw Trouble.cannotConnect
    }
    transport = .plain(descriptor)
  }

  /// Connects with TLS to a server of this pin (`sha256//...`).
  init(tls port: Int, pin: String) throws {
    guard CurlLibrary.isReady else { throw Trouble.cannotConnect }
    let handle = try EasyHandle()
    try handle.set(.url, "https://127.0.0.1:\(port)")
    try handle.set(.connectOnly, 1)
    try handle.set(.verifyPeer, 0)
    try handle.set(.verifyHost, 0)
    try handle.set(.pinnedPublicKey, pin)
    try handle.set(.timeoutMs, 10_000)
    guard handle.perform() == .ok else { throw Trouble.cannotConnect }
    transport = .tls(handle)
  }

  deinit {
    if case .plain(let descriptor) = transport { close(descriptor) }
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = try bytes.withUnsafeBytes { raw -> Int? in
        let rest = UnsafeRawBufferPointer(rebasing: raw[sent...])
        switch transport {
        case .plain(let descriptor):
          let count = Glibc.send(
            descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
          guard count >= 0 else { throw Trouble.failed(errno) }
          return count
        case .tls(let handle): return try handle.send(rest)
        }
      }
      if let count { sent += count } else { try wait(for: POLLOUT) }
    }
  }

  /// The next bytes; empty once the peer has closed.
  func receive() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      switch transport {
      case .plain(let descriptor):
        try wait(for: POLLIN)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == ECONNRESET { return [] }
        guard count >= 0 else { throw Trouble.failed(errno) }
        return Array(buffer[..<count])
      case .tls(let handle):
        switch try buffer.withUnsafeMutableBytes({ try handle.receive(into: $0) }) {
        case .bytes(let count): return Array(buffer[..<count])
        case .closed: return []
        case .wouldBlock: try wait(for: POLLIN)
        }
      }
    }
  }

  private func wait(for events: Int32) throws {
    let descriptor: Int32
    switch transport {
    case .plain(let plain): descriptor = plain
    case .tls(let handle): descriptor = handle.activeSocket ?? -1
    }
    var watched = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    guard poll(&watched, 1, timeoutMs) > 0 else { throw Trouble.timeout }
  }
}
