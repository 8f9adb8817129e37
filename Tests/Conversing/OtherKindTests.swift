import AgentCore
import Conversing
import Dialogue
import Glibc
import Linux
import Model
import OpenSSL
import Synchronization
import Testing
import WireFuzzing

/// Answers each datagram by what a script says, on a loopback address.
private final class DatagramPeer: Sendable {
  let port: UInt16
  private let fd: Int32
  private let thread: DedicatedThread
  private let count = Counter()

  private final class Counter: Sendable {
    let value = Mutex(0)
  }

  /// - Parameter script: with the number of the datagram, from 1, and its bytes; what to answer.
  init(_ script: @escaping @Sendable (Int, [UInt8]) -> [[UInt8]]) throws {
    let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    port = try PeerServer.bound(fd)
    self.fd = fd
    thread = try DedicatedThread(name: "datagrams") { [count] in
      var bytes = [UInt8](repeating: 0, count: 65_536)
      while true {
        var sender = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let length = withUnsafeMutablePointer(to: &sender) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            recvfrom(fd, &bytes, bytes.count, 0, $0, &size)
          }
        }
        // It ends by a datagram of its own.
        guard length >= 0, Array(bytes[..<length]) != DatagramPeer.end else { return }
        let number = count.value.withLock { value in
          value += 1
          return value
        }
        for answer in script(number, Array(bytes[..<length])) {
          _ = withUnsafePointer(to: &sender) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
              sendto(fd, answer, answer.count, 0, $0, size)
            }
          }
        }
      }
    }
  }

  static let end = Array("the end of this peer".utf8)

  var heard: Int { count.value.withLock { $0 } }

  func stop() {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    let end = Self.end
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(fd, end, end.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    thread.join()
    close(fd)
  }
}

extension SocketTests {
  @Suite struct DatagramTests {
    private static func ask(
      _ port: UInt16, _ rig: ConversationRig, expecting: AwaitedText? = nil,
      limitMs: Int64 = 20_000,
      resends: Int = 0, at addresses: [IPAddress] = [.loopback]
    ) throws -> ConversationReport {
      try rig.converse(
        .datagram(
          DatagramPlan(
            addresses: addresses, port: port, limitUs: limitMs * 1_000, payload: text("ping"),
            expectation: expecting, resends: resends)))
    }

    @Test func `an answer that is expected is up`() throws {
      let peer = try DatagramPeer { _, bytes in [text("no"), [], text("re:") + bytes] }
      defer { peer.stop() }
      let rig = try ConversationRig()
      let report = try Self.ask(peer.port, rig, expecting: try pattern("^re:ping$"))
      #expect(report.failure == nil)
      #expect(report.received == text("nore:ping"))
      #expect(report.address == .loopback)
      #expect(report.firstByteUs != nil)
      #expect(try Self.ask(peer.port, rig).failure == nil)
    }

    @Test func `another answer is none`() throws {
      let peer = try DatagramPeer { _, _ in [text("nope")] }
      defer { peer.stop() }
      let report = try Self.ask(
        peer.port, try ConversationRig(), expecting: .bytes(text("yes")), limitMs: 200)
      #expect(report.failure?.reason == .assertMissing)
      #expect(report.failure?.detail.contains("nope") == true)
    }

    @Test func `a port at which nobody listens refuses, expected or not`() throws {
      let dead = try DeadPort(isDatagram: true)
      let rig = try ConversationRig()
      for expecting in [AwaitedText?.none, .bytes(text("yes"))] {
        let report = try Self.ask(dead.number, rig, expecting: expecting)
        #expect(report.failure == Failure(.udpRefused, detail: "the datagram was refused"))
      }
      #expect(
        try Self.ask(dead.number, try ConversationRig(allowsLoopback: false)).failure?.reason
          == .agentAddressRefused)
    }

    @Test func `silence is up where nothing is expected, and late where something is`() throws {
      let peer = try DatagramPeer { _, _ in [] }
      defer { peer.stop() }
      let rig = try ConversationRig()
      #expect(try Self.ask(peer.port, rig, limitMs: 100).failure == nil)
      #expect(
        try Self.ask(peer.port, rig, expecting: .bytes([1]), limitMs: 100).failure?.reason
          == .timeoutAnswer)
    }

    @Test func `it is sent again while nothing comes`() throws {
      let peer = try DatagramPeer { number, _ in number < 3 ? [] : [text("late")] }
      defer { peer.stop() }
      let report = try Self.ask(
        peer.port, try ConversationRig(), expecting: .bytes(text("late")), limitMs: 600, resends: 5)
      #expect(report.failure == nil)
      #expect(peer.heard == 3)
    }

    @Test func `a flood of datagrams ends it`() throws {
      let peer = try DatagramPeer { _, _ in [[UInt8]](repeating: text("no"), count: 100) }
      defer { peer.stop() }
      let report = try Self.ask(peer.port, try ConversationRig(), expecting: .bytes(text("yes")))
      #expect(report.failure?.reason == .assertMissing)
      #expect(report.receivedCount == 128)
    }
  }
}

extension SocketTests {
  @Suite struct EchoConversationTests {
    /// Why echoes can't be sent here; `nil` where they can.
    static let missing: String? = {
      for kind in [SOCK_DGRAM, SOCK_RAW] {
        let fd = socket(AF_INET, Int32(kind.rawValue), Int32(IPPROTO_ICMP))
        if fd >= 0 {
          close(fd)
          return nil
        }
      }
      return "this process may not send echoes: neither ping_group_range nor CAP_NET_RAW"
    }()

    private static func plan(
      _ address: IPAddress, count: Int = 3, size: Int = 56
    ) -> ConversationPlan {
      .echo(
        EchoPlan(
          addresses: [address], limitUs: 20_000_000, count: count, intervalUs: 5_000,
          timeoutUs: 10_000_000, size: size, lossLimitPermille: 0))
    }

    @Test(
      .enabled(if: missing == nil, "echoes are not allowed here"),
      arguments: [
        IPAddress.loopback, .loopback6,
      ])
    func `this host answers echoes`(address: IPAddress) throws {
      let rig = try ConversationRig()
      for size in [0, 56, 1_400] {
        let report = try rig.converse(Self.plan(address, size: size))
        #expect(report.failure == nil, "\(report)")
        let echo = try #require(report.echo)
        #expect(echo.sent == 3 && echo.received == 3 && echo.duplicates == 0)
        #expect(echo.lossPermille == 0)
        #expect(try #require(echo.leastUs) <= #require(echo.averageUs))
        #expect(try #require(echo.averageUs) <= #require(echo.mostUs))
        #expect(echo.jitterUs != nil)
        #expect(report.address == address)
      }
    }

    @Test(.enabled(if: missing == nil, "echoes are not allowed here"))
    func `hundreds share one socket, and it goes with the last`() throws {
      let rig = try ConversationRig()
      let before = openDescriptors()
      let tokens = (0..<300).map { _ in rig.conversations.begin(Self.plan(.loopback, count: 2)) }
      #expect(openDescriptors() == before + 1)
      for token in tokens.prefix(10) { rig.conversations.cancel(token) }
      try rig.run { rig.conversations.inFlight == 0 }
      for token in tokens.dropFirst(10) { #expect(rig.reports[token]?.failure == nil) }
      #expect(rig.reports.count == 290)
      #expect(openDescriptors() == before)
    }

    @Test func `an address that is barred is never asked`() throws {
      let report = try ConversationRig(allowsLoopback: false).converse(Self.plan(.loopback))
      #expect(report.failure?.reason == .agentAddressRefused)
      #expect(report.echo?.sent == 1 || report.echo?.sent == 0)
    }
  }
}

extension SocketTests {
  @Suite struct WebSocketConversationTests {
    /// Answers the opening handshake whatever its key is, then goes on with a script of frames.
    private static func serve(_ frames: [UInt8]) throws -> (port: UInt16, stop: () -> Void) {
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let port = try PeerServer.bound(listener)
      try #require(listen(listener, 16) == 0)
      let thread = try DedicatedThread(name: "websocket") {
        signal(SIGPIPE, SIG_IGN)
        while true {
          let fd = accept(listener, nil, nil)
          guard fd >= 0 else { return }
          var head: [UInt8] = []
          var byte: UInt8 = 0
          while !head.suffix(4).elementsEqual([13, 10, 13, 10]), read(fd, &byte, 1) == 1 {
            head.append(byte)
          }
          let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
          let key = lines.first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
          let digest = try? SHA1.digest(
            Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
          let accept = Self.base64(digest ?? [])
          let answer =
            Array(
              """
              HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r
              Sec-WebSocket-Accept: \(accept)\r\n\r\n
              """.utf8) + frames
          _ = send(fd, answer, answer.count, Int32(MSG_NOSIGNAL))
          while read(fd, &byte, 1) == 1 {}
          close(fd)
        }
      }
      return (
        port,
        {
          shutdown(listener, Int32(SHUT_RDWR))
          thread.join()
          close(listener)
        }
      )
    }

    static func base64(_ bytes: [UInt8]) -> String {
      // The key's own encoding, with any digest.
      WebSocketKey(nonce: bytes) { _ in [] }.text
    }

    static let rows: [([UInt8], [WebSocketPlan.Step], Reason?, UInt16?, Int64)] = [
      ([0x81, 2, 0x68, 0x69], [.sendText([0x61]), .expect(.bytes(text("hi")))], nil, nil, 20_000),
      ([0x88, 2, 3, 0xe8], [.expectClose(code: 1000)], nil, 1000, 20_000),
      ([0x88, 2, 3, 0xf3], [.expect(.bytes([1]))], .replyStatus, 1011, 20_000),
      ([0xff, 0xff], [.expect(.bytes([1]))], .protocolInvalid, nil, 20_000),
      ([0x89, 0], [.expect(.bytes([1]))], .timeoutAnswer, nil, 150),
    ]

    @Test(arguments: rows)
    func `a WebSocket is spoken over a socket`(
      frames: [UInt8], steps: [WebSocketPlan.Step], reason: Reason?, code: UInt16?, limitMs: Int64
    ) throws {
      let (port, stop) = try Self.serve(frames)
      defer { stop() }
      let report = try ConversationRig().stream(
        port, webSocket: WebSocketPlan(host: "localhost", steps: steps), limitMs: limitMs)
      #expect(report.failure?.reason == reason, "\(report)")
      #expect(report.closeCode == code)
    }

    @Test func `a server of HTTP that does not upgrade is told by its status`() throws {
      let server = try PeerServer([
        .await("\r\n\r\n"), .send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), .hold,
      ])
      defer { server.stop() }
      let report = try ConversationRig().stream(
        server.port, webSocket: WebSocketPlan(host: "localhost"))
      #expect(
        report.failure == Failure(.httpStatus, detail: "status 404, where 101 is expected"))
    }
  }
}

@Suite struct HearingTests {
  @Test func `nothing that targets say traps, or depends on how it is cut`() {
    var generator = SeededGenerator(seed: 4)
    for sample in SampleTalks.all {
      hearEverything(sample)
      for count in sample.indices { hearEverything(Array(sample[..<count])) }
      for _ in 0..<20 { hearEverything(scramble(sample, using: &generator)) }
    }
  }
}
