import Model
import DNS
import Glibc
import Linux
import Synchronization
import Testing
import WireFuzzing

/// A name server on a loopback address that does to each question exactly what a script says, right or
/// wrong, over UDP and TCP at one port. One thread serves all; `stop` ends it.
final class ScriptedNameServer: Sendable {
  /// One thing done with a question.
  enum Action: Sendable {
    case reply([UInt8])
    /// A datagram from another port of the same host.
    case replyFromElsewhere([UInt8])
    /// Over TCP: these bytes as they are, without a length before them.
    case write([UInt8])
    /// Over TCP: closes the connection.
    case close

    static func reply(_ message: DNSMessage) -> Action { .reply(message.encoded()) }
  }

  /// A question that came.
  struct Asked: Sendable {
    var query: DNSMessage
    var transport: LookupTransport
    /// The port that it came from.
    var port: UInt16

    var name: DomainName { query.questions[0].name }
    var type: RecordType { query.questions[0].type }

    /// The good reply, to be changed by the script.
    func reply(
      _ answers: [ResourceRecord] = [], code: ResponseCode = .noError, flags: MessageFlags = [],
      authorities: [ResourceRecord] = []
    ) -> DNSMessage {
      DNSMessage(
        id: query.id, flags: flags.union([.response, .recursionDesired, .recursionAvailable]),
        responseCode: code, questions: query.questions, answers: answers,
        authorities: authorities, extended: query.extended == nil ? nil : ExtendedDNS())
    }
  }

  typealias Script = @Sendable (Asked) -> [Action]

  let address: ServerAddress
  private let log = Log()
  private let wakeUp: WakeUpBox
  private let thread: DedicatedThread

  private final class Log: Sendable {
    let asked = Mutex<[Asked]>([])
  }

  private final class WakeUpBox: Sendable {
    let wakeUp: WakeUp
    init() throws { wakeUp = try WakeUp() }
  }

  /// - Parameter listensTCP: whether connections are accepted at all.
  init(
    at host: String = "127.0.0.1", port: UInt16 = 0, listensTCP: Bool = true,
    script: @escaping Script
  ) throws {
    let sockets = try Sockets(host, port: port, listensTCP: listensTCP)
    address = ServerAddress(try #require(IPAddress(text: host)), port: sockets.port)
    wakeUp = try WakeUpBox()
    thread = try DedicatedThread(name: "name server") { [wakeUp, log] in
      var service = Service(sockets: sockets, wakeUp: wakeUp.wakeUp.descriptor, script: script) {
        asked in log.asked.withLock { $0.append(asked) }
      }
      service.run()
    }
  }

  /// Every question so far, in order.
  var asked: [Asked] { log.asked.withLock { $0 } }

  func stop() {
    wakeUp.wakeUp.signal()
    thread.join()
  }

  // MARK: The thread

  private struct Sockets: Sendable {
    var datagrams: Int32 = -1
    var elsewhere: Int32 = -1
    var listener: Int32 = -1
    var port: UInt16 = 0

    init(_ host: String, port wanted: UInt16, listensTCP: Bool) throws {
      // A port that UDP has may be taken in TCP.
      for _ in 0..<20 {
        datagrams = try Self.bound(SOCK_DGRAM, host, wanted)
        port = Self.port(of: datagrams)
        listener = (try? Self.bound(SOCK_STREAM, host, port)) ?? -1
        if listener >= 0 { break }
        close(datagrams)
      }
      try #require(listener >= 0)
      elsewhere = try Self.bound(SOCK_DGRAM, host, 0)
      if listensTCP {
        try #require(listen(listener, 64) == 0)
      }
    }

    private static func bound(
      _ kind: __socket_type, _ host: String, _ port: UInt16
    ) throws -> Int32 {
      let fd = socket(AF_INET, Int32(kind.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      inet_pton(AF_INET, host, &address.sin_addr)
      let isBound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      guard isBound else {
        close(fd)
        throw SystemError("bind", code: errno)
      }
      return fd
    }

    private static func port(of fd: Int32) -> UInt16 {
      var address = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &size) }
      }
      return UInt16(bigEndian: address.sin_port)
    }
  }

  private struct Service {
    let sockets: Sockets
    let wakeUp: Int32
    let script: Script
    let note: (Asked) -> Void
    var connections: [Int32: [UInt8]] = [:]

    init(
      sockets: Sockets, wakeUp: Int32, script: @escaping Script, note: @escaping (Asked) -> Void
    ) {
      self.sockets = sockets
      self.wakeUp = wakeUp
      self.script = script
      self.note = note
    }

    mutating func run() {
      guard let queue = try? EventQueue() else { return }
      for fd in [sockets.datagrams, sockets.listener, wakeUp] {
        try? queue.add(fd, for: .readable, token: UInt64(fd))
      }
      while let count = try? queue.wait(nanoseconds: nil) {
        for index in 0..<count {
          let fd = Int32(queue.event(index).token)
          if fd == wakeUp {
            for fd in [sockets.datagrams, sockets.elsewhere, sockets.listener] { close(fd) }
            for fd in connections.keys { close(fd) }
            return
          } else if fd == sockets.datagrams {
            takeDatagram()
          } else if fd == sockets.listener {
            let accepted = accept(fd, nil, nil)
            if accepted >= 0 {
              _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
              connections[accepted] = []
              try? queue.add(accepted, for: .readable, token: UInt64(accepted))
            }
          } else {
            takeStream(fd)
          }
        }
      }
    }

    private func takeDatagram() {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      var sender = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let count = withUnsafeMutablePointer(to: &sender) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          recvfrom(sockets.datagrams, &bytes, bytes.count, 0, $0, &size)
        }
      }
      guard count > 0, let query = try? DNSMessage(decoding: Array(bytes[..<count])) else { return }
      let asked = Asked(
        query: query, transport: .udp, port: UInt16(bigEndian: sender.sin_port))
      note(asked)
      for action in script(asked) {
        switch action {
        case .reply(let message): send(message, sockets.datagrams, &sender)
        case .replyFromElsewhere(let message): send(message, sockets.elsewhere, &sender)
        case .write, .close: break
        }
      }
    }

    private func send(_ message: [UInt8], _ fd: Int32, _ receiver: inout sockaddr_in) {
      _ = withUnsafePointer(to: &receiver) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(
            fd, message, message.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    private mutating func takeStream(_ fd: Int32) {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = read(fd, &bytes, bytes.count)
      if count <= 0 {
        connections[fd] = nil
        close(fd)
        return
      }
      var received = connections[fd, default: []] + bytes[..<count]
      while received.count >= 2 {
        let length = Int(received[0]) << 8 | Int(received[1])
        guard received.count >= 2 + length else { break }
        let message = Array(received[2..<2 + length])
        received.removeFirst(2 + length)
        guard let query = try? DNSMessage(decoding: message) else { continue }
        let asked = Asked(query: query, transport: .tcp, port: 0)
        note(asked)
        for action in script(asked) {
          switch action {
          case .reply(let message):
            write(fd, [UInt8(message.count >> 8), UInt8(message.count & 255)] + message)
          case .write(let bytes): write(fd, bytes)
          case .replyFromElsewhere: break
          case .close:
            connections[fd] = nil
            close(fd)
            return
          }
        }
      }
      connections[fd] = received
    }

    private func write(_ fd: Int32, _ bytes: [UInt8]) {
      _ = Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }
}
