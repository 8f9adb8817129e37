import AgentCore
import Conversing
import Dialogue
import Glibc
import Linux
import Model
import Testing

extension SocketTests {
  @Suite struct PlainStreamTests {
    @Test func `a connection that stands is enough where nothing is asked`() throws {
      let server = try PeerServer([.hold])
      defer { server.stop() }
      let rig = try ConversationRig()
      let report = try rig.stream(server.port)
      #expect(report.failure == nil)
      #expect(report.address == .loopback)
      #expect(report.attempts.map(\.end) == [.connected])
      let connectedUs = try #require(report.connectedUs)
      #expect(connectedUs > 0 && connectedUs <= report.totalUs)
      #expect(report.tls == nil && report.firstByteUs == nil)
      #expect(rig.conversations.nextWakeUs == nil || rig.conversations.inFlight == 0)
    }

    @Test func `a script is spoken, and what came is kept`() throws {
      let server = try PeerServer([
        .drip(text("220 hi\r\n"), everyMs: 1), .await("QUIT\r\n"), .send("221 bye\r\n"), .close,
      ])
      defer { server.stop() }
      let rig = try ConversationRig()
      let report = try rig.stream(
        server.port,
        script: [
          .expect(try pattern("^220 .*\\r\\n")), .send("QUIT\r\n"), .expect("221"), .expectClose,
        ])
      #expect(report.failure == nil)
      #expect(report.received == text("220 hi\r\n221 bye\r\n"))
      #expect(report.receivedCount == 17)
      let first = try #require(report.firstByteUs)
      #expect(first >= report.connectedUs ?? .max && first < report.totalUs)
      try rig.run { server.heard == [text("QUIT\r\n")] }
    }

    @Test func `version 6 is spoken too`() throws {
      let server = try PeerServer(isIPv6: true, [.send("hi"), .hold])
      defer { server.stop() }
      let report = try ConversationRig().stream(
        server.port, at: [.loopback6], script: [.expect("hi")])
      #expect(report.failure == nil)
      #expect(report.address == .loopback6)
    }

    @Test func `an address that refuses is followed by the next at once`() throws {
      let server = try PeerServer([.hold])
      defer { server.stop() }
      // Nothing listens there at that port, in version 6.
      let report = try ConversationRig().stream(server.port, at: [.loopback6, .loopback])
      #expect(report.failure == nil)
      #expect(report.address == .loopback)
      #expect(report.attempts.map(\.end) == [.failed(.connection(.refused)), .connected])
    }

    @Test func `an address that is silent holds the next one up for a moment only`() throws {
      let server = try PeerServer([.hold])
      defer { server.stop() }
      // 192.0.2.0/24 is nobody's; whether it is silent or unreachable depends on the host.
      let report = try ConversationRig().stream(
        server.port, at: [.ipv4(0xc000_0201), .loopback], limitMs: 20_000)
      #expect(report.failure == nil)
      #expect(report.address == .loopback)
      #expect(report.attempts.count == 2)
      #expect(report.attempts[0].end != .connected && report.attempts[0].end != .open)
    }

    @Test func `a refusal is told, with the address`() throws {
      let dead = try DeadPort()
      let report = try ConversationRig().stream(dead.number)
      #expect(report.failure == Failure(.tcpRefused, detail: "the connection was refused"))
      #expect(report.address == .loopback)
      #expect(report.connectedUs == nil)
    }

    @Test func `addresses that are barred are never connected to`() throws {
      let server = try PeerServer([.send("hi"), .hold])
      defer { server.stop() }
      let rig = try ConversationRig(allowsLoopback: false)
      let mapped = IPAddress.ipv6(high: 0, low: 0xffff_7f00_0001)
      for addresses in [[IPAddress.loopback], [.loopback6], [mapped], [mapped, .loopback]] {
        let report = try rig.stream(server.port, at: addresses, script: [.expect("hi")])
        #expect(report.failure?.reason == .agentAddressRefused)
        #expect(report.address == nil)
      }
      #expect(
        try rig.stream(server.port, at: [.ipv4(0xa9fe_a9fe)]).failure?.detail
          == "the agent does not connect to 169.254.169.254: a cloud's metadata service")
      #expect(server.heard == [])
      let none = try rig.stream(server.port, at: [])
      #expect(none.failure?.reason == .agentFailed)
    }

    struct Row: Sendable, CustomTestStringConvertible {
      var name: String
      var server: [PeerServer.Step]
      var script: [StreamStep]
      var reason: Reason
      var limitMs: Int64 = 20_000

      init(
        _ name: String, _ server: [PeerServer.Step], _ script: [StreamStep], _ reason: Reason,
        limitMs: Int64 = 20_000
      ) {
        self.name = name
        self.server = server
        self.script = script
        self.reason = reason
        self.limitMs = limitMs
      }

      var testDescription: String { name }
    }

    static let hostile: [Row] = [
      Row("silent", [.hold], [.expect("x")], .timeoutFirstByte, limitMs: 150),
      Row("another word", [.send("a"), .hold], [.expect("x")], .timeoutAnswer, limitMs: 150),
      Row("stays", [.send("a"), .hold], [.expectClose], .timeoutAnswer, limitMs: 150),
      Row(
        "drips", [.drip([UInt8](repeating: 0x61, count: 100_000), everyMs: 1)], [.expect("x")],
        .timeoutAnswer, limitMs: 300),
      Row("closes", [.close], [.expect("x")], .tcpClosed),
      Row("closes in the middle", [.send("ab"), .close], [.expect("abc")], .assertMissing),
      Row("resets", [.await("q"), .reset], [.send("q"), .expect("x")], .tcpReset),
      Row(
        "resets in the middle", [.send("ab"), .await("q"), .reset],
        [.expect("a"), .send("q"), .expect("x")], .tcpReset),
      Row(
        "floods", [.flood(0x61)], [.expect("x")], .assertMissing),
      Row(
        "floods, where it should close", [.flood(0x61)],
        [.expectClose], .assertFailed),
      Row("not TLS", [.send("220 mail ready\r\n"), .hold], [], .tlsNotTLS),
      Row("HTTP, not TLS", [.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .close], [], .tlsNotTLS),
      Row("closes, not TLS", [.close], [], .tlsFailed),
      Row(
        "stalls within the handshake", [.send([0x16, 3, 3]), .hold], [], .timeoutTLS, limitMs: 150),
      Row("resets within the handshake", [.await("\u{1}"), .reset], [], .tlsReset),
      Row("alerts in clear", [.send([0x15, 3, 3, 0, 2, 2, 70]), .hold], [], .tlsVersion),
      Row("garbage of TLS", [.send([0x16, 3, 3, 0, 4, 9, 9, 9, 9]), .hold], [], .tlsFailed),
    ]

    @Test(arguments: hostile)
    func `a peer that misbehaves costs its limit and gets its reason`(row: Row) throws {
      let server = try PeerServer(row.server)
      defer { server.stop() }
      let rig = try ConversationRig()
      let wantsTLS = row.script.isEmpty
      let report = try rig.stream(
        server.port, tls: wantsTLS ? TLSPlan() : nil, script: row.script, limitMs: row.limitMs)
      #expect(report.failure?.reason == row.reason, "\(report)")
      #expect(report.connectedUs != nil)
      #expect(report.received.count <= ConversationReport.mostReceived)
      if row.limitMs < 1_000 { #expect(report.totalUs >= row.limitMs * 1_000) }
    }

    @Test func `what is dear is not counted against the target`() throws {
      let heard = noise(60_000)
      let server = try PeerServer([.send(heard), .hold])
      defer { server.stop() }
      let report = try ConversationRig().stream(
        server.port, script: [.expect(try pattern("(.*a.{200}){4}c"))])
      #expect(report.failure?.reason == .assertTooCostly)
    }

    @Test func `a backlog that is full is a connection that nobody accepts`() throws {
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      let port = try PeerServer.bound(listener)
      try #require(listen(listener, 0) == 0)
      let rig = try ConversationRig()
      let plan = ConversationPlan.stream(
        StreamPlan(addresses: [.loopback], port: port, limitUs: 300_000, script: [.expect("x")]))
      let tokens = (0..<4).map { _ in rig.conversations.begin(plan) }
      try rig.run { tokens.allSatisfy { rig.reports[$0] != nil } }
      let reasons = tokens.compactMap { rig.reports[$0]?.failure?.reason }
      #expect(Set(reasons) == [.timeoutFirstByte, .timeoutConnect])
    }

    @Test func `hundreds at once end each with its own report, and nothing stays open`() throws {
      let server = try PeerServer([.await("q"), .send("a"), .close])
      let dead = try DeadPort()
      let rig = try ConversationRig()
      let before = openDescriptors()
      var tokens: [Conversations.Token: Bool] = [:]
      for index in 0..<400 {
        let isDead = index % 4 == 0
        let token = rig.conversations.begin(
          .stream(
            StreamPlan(
              addresses: [.loopback], port: isDead ? dead.number : server.port,
              limitUs: 60_000_000, script: [.send("q"), .expect("a")])))
        tokens[token] = isDead
      }
      let cancelled = tokens.keys.prefix(20)
      for token in cancelled { rig.conversations.cancel(token) }
      #expect(rig.conversations.inFlight == 380)
      try rig.run { rig.conversations.inFlight == 0 }
      for (token, isDead) in tokens where !cancelled.contains(token) {
        #expect(rig.reports[token]?.failure?.reason == (isDead ? .tcpRefused : nil))
      }
      for token in cancelled { #expect(rig.reports[token] == nil) }
      #expect(rig.reports.count == 380)
      server.stop()
      #expect(openDescriptors() <= before)
    }

    @Test func `a delegate may begin and cancel from within`() throws {
      let dead = try DeadPort()
      let rig = try ConversationRig()
      let plan = ConversationPlan.stream(
        StreamPlan(addresses: [.loopback], port: dead.number, limitUs: 1_000_000))
      let first = rig.conversations.begin(plan)
      let second = rig.conversations.begin(plan)
      var third: Conversations.Token?
      rig.onReport = { _ in
        guard third == nil else { return }
        rig.conversations.cancel(second)
        rig.conversations.cancel(first)
        third = rig.conversations.begin(plan)
      }
      try rig.run { third.map { rig.reports[$0] != nil } ?? false }
      rig.onReport = nil
      #expect(rig.reports.count == 2)
      #expect(rig.conversations.inFlight == 0)
    }

    @Test func `without descriptors nothing is said of the target`() throws {
      let server = try PeerServer([.hold])
      defer { server.stop() }
      let rig = try ConversationRig()
      var old = rlimit()
      getrlimit(__rlimit_resource_t(7), &old)
      var low = old
      low.rlim_cur = 0
      setrlimit(__rlimit_resource_t(7), &low)
      let token = rig.conversations.begin(
        .stream(StreamPlan(addresses: [.loopback], port: server.port, limitUs: 1_000_000)))
      setrlimit(__rlimit_resource_t(7), &old)
      try rig.run { rig.reports[token] != nil }
      #expect(rig.reports[token]?.failure?.reason == .agentNoDescriptors)
    }
  }
}
