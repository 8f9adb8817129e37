import Glibc
import Linux
import Synchronization
import Testing

/// A server on 127.0.0.1 that does to each connection exactly what a script says, right or wrong.
///
/// One thread serves all connections; `stop` ends it.
final class HostileServer: Sendable {
  /// One thing done to a connection.
  enum Step: Sendable {
    case send([UInt8])
    /// Sends these bytes again and again until the peer goes.
    case sendForEver([UInt8])
    case pause(ms: Int64)
    /// Closes in the orderly way.
    case close
    /// Closes with RST.
    case reset
    /// Does nothing more until the peer goes.
    case hold

    static func send(_ text: String) -> Step { .send(Array(text.utf8)) }
  }

  /// Says what to do: with an empty text when the connection is accepted, where `nil` means to read
  /// a request first, then with the request's head.
  typealias Script = @Sendable (_ head: String) -> [Step]?

  let port: UInt16
  private let wakeUp: WakeUpBox
  private let thread: DedicatedThread
  private let state = Shared()

  private final class WakeUpBox: Sendable {
    let wakeUp: WakeUp
    init() throws { wakeUp = try WakeUp() }
  }

  private final class Shared: Sendable {
    let heads = Mutex<[String]>([])
    let open = Mutex(0)
  }

  /// - Parameters:
  ///   - isIPv6: listens on ::1 instead.
  ///   - port: the port to listen at; throws a `SystemError` where it is taken. 0 for any.
  init(isIPv6: Bool = false, port: UInt16 = 0, _ script: @escaping Script) throws {
    let listener = socket(
      isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard listener >= 0 else { throw SystemError("socket", code: errno) }
    let bound = isIPv6 ? Self.bindIPv6(listener, port) : Self.bindIPv4(listener, port)
    guard let bound else {
      let code = errno
      close(listener)
      throw SystemError("bind", code: code)
    }
    self.port = bound
    wakeUp = try WakeUpBox()
    thread = try DedicatedThread(name: "hostile server") { [wakeUp, state] in
      var service = Service(
        listener: listener, wakeUp: wakeUp.wakeUp.descriptor, script: script,
        note: { head in state.heads.withLock { $0.append(head) } },
        count: { change in state.open.withLock { $0 += change } })
      service.run()
    }
  }

  private static func bindIPv4(_ listener: Int32, _ port: UInt16) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return listen(listener, at: &address) ? UInt16(bigEndian: address.sin_port) : nil
  }

  private static func bindIPv6(_ listener: Int32, _ port: UInt16) -> UInt16? {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    address.sin6_port = port.bigEndian
    return listen(listener, at: &address) ? UInt16(bigEndian: address.sin6_port) : nil
  }

  /// Binds and listens; the address then tells the port.
  private static func listen<Address>(_ listener: Int32, at address: inout Address) -> Bool {
    var size = socklen_t(MemoryLayout<Address>.size)
    return withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && Glibc.listen(listener, 4096) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
  }

  /// Every head of a request so far, in order.
  var heads: [String] { state.heads.withLock { $0 } }

  /// Connections that are open now.
  var openConnections: Int { state.open.withLock { $0 } }

  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  func stop() {
    wakeUp.wakeUp.signal()
    thread.join()
  }

  // MARK: The thread

  private struct Connection {
    var head: [UInt8] = []
    var hasScript = false
    var steps: [Step] = []
    var sent = 0
    var resumesAt: Int64?
  }

  private struct Service {
    let listener: Int32
    let wakeUp: Int32
    let script: Script
    let note: (String) -> Void
    let count: (Int) -> Void
    var connections: [Int32: Connection] = [:]

    mutating func run() {
      guard let queue = try? EventQueue() else { return }
      try? queue.add(listener, for: .readable, token: 0)
      try? queue.add(wakeUp, for: .readable, token: 1)
      while true {
        let now = AgentClock.monotonicNanoseconds()
        let pauses = connections.values.compactMap(\.resumesAt)
        let wait = pauses.min().map { max(0, $0 - now) }
        guard let ready = try? queue.wait(nanoseconds: wait) else { break }
        for index in 0..<ready {
          let event = queue.event(index)
          switch event.token {
          case 0: accept(queue)
          case 1:
            for fd in connections.keys { _ = Glibc.close(fd) }
            _ = Glibc.close(listener)
            return
          default: serve(Int32(event.token), event.readiness)
          }
        }
        let later = AgentClock.monotonicNanoseconds()
        for (fd, connection) in connections where (connection.resumesAt ?? .max) <= later {
          connections[fd]?.resumesAt = nil
          advance(fd)
        }
      }
    }

    private mutating func accept(_ queue: EventQueue) {
      while true {
        let fd = Glibc.accept(listener, nil, nil)
        guard fd >= 0 else { return }
        _ = fcntl(fd, F_SETFL, O_NONBLOCK)
        connections[fd] = Connection()
        count(1)
        try? queue.add(fd, for: [.readable, .writable, .edge], token: UInt64(fd))
        if let steps = script("") {
          connections[fd]?.hasScript = true
          connections[fd]?.steps = steps
          advance(fd)
        }
      }
    }

    private mutating func serve(_ fd: Int32, _ readiness: Readiness) {
      guard connections[fd] != nil else { return }
      if readiness.contains(.readable) {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while true {
          let count = read(fd, &bytes, bytes.count)
          if count == 0 || (count < 0 && errno != EAGAIN) { return drop(fd) }
          guard count > 0 else { break }
          connections[fd]?.head += bytes[..<count]
        }
        if let connection = connections[fd], !connection.hasScript,
          connection.head.count >= 4, Self.isWhole(connection.head)
        {
          let head = String(decoding: connection.head, as: UTF8.self)
          note(head)
          connections[fd]?.hasScript = true
          connections[fd]?.steps = script(head) ?? []
        }
      }
      if connections[fd]?.resumesAt == nil { advance(fd) }
    }

    private static func isWhole(_ head: [UInt8]) -> Bool {
      (0...(head.count - 4)).contains { head[$0..<($0 + 4)].elementsEqual([13, 10, 13, 10]) }
    }

    private mutating func advance(_ fd: Int32) {
      while let connection = connections[fd], let step = connection.steps.first {
        switch step {
        case .send(let bytes), .sendForEver(let bytes):
          let rest = bytes[connection.sent...]
          let count = rest.withUnsafeBytes {
            Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          if count < 0 {
            if errno != EAGAIN { drop(fd) }
            return
          }
          connections[fd]?.sent += count
          guard connection.sent + count == bytes.count else { continue }
          connections[fd]?.sent = 0
          if case .sendForEver = step { continue }
        case .pause(let ms):
          connections[fd]?.resumesAt = AgentClock.monotonicNanoseconds() + ms * 1_000_000
          connections[fd]?.steps.removeFirst()
          return
        case .close: return drop(fd)
        case .reset:
          var linger = linger(l_onoff: 1, l_linger: 0)
          setsockopt(
            fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
          return drop(fd)
        case .hold: return
        }
        connections[fd]?.steps.removeFirst()
      }
    }

    private mutating func drop(_ fd: Int32) {
      connections[fd] = nil
      count(-1)
      _ = Glibc.close(fd)
    }
  }
}

/// A port of 127.0.0.1 that refuses connections for as long as this value lives: bound by a socket
/// that does not listen, so that nobody else takes it meanwhile.
final class RefusingPort {
  let number: UInt16
  private let holder: Int32

  init() throws {
    holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let holder = holder
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(holder, $0, size) == 0 && getsockname(holder, $0, &size) == 0
      }
    }
    number = UInt16(bigEndian: address.sin_port)
    try #require(isBound)
  }

  deinit {
    close(holder)
  }
}

extension Readiness {
  /// Reports changes only (`EPOLLET`).
  fileprivate static let edge = Readiness(rawValue: 1 << 31)
}
