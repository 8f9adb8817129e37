import AgentCore
import Linux
import Model
import Probing
import Testing

/// Probes that use one libcurl handle after the other know nothing of each other.
@Suite struct HandlePoolTests {
  /// Probes a URL once, as a slot of its own.
  private func probe(
    _ test: TestProber, _ slot: UInt64, _ check: HTTPCheck, timeoutMs: UInt32 = 5_000
  ) async -> ProbeRecord? {
    let request = ProbeRequestID.random()
    test.prober.probeNow(
      request, target: TestProber.target(slot, .http(check), timeoutMs: timeoutMs),
      deadlineMs: 60_000)
    let notes = await test.notebook.wait { $0.records.contains { $0.request == request } }
    return notes.records.first { $0.request == request }
  }

  /// Has scheduled targets ask so, once, and then rest: what nobody is assigned to ask is not pooled.
  private func hold(_ test: TestProber, _ checks: [HTTPCheck]) async {
    let phaseMs = UInt32((AgentClock.wallMs() + 200) % 3_600_000)
    let first: UInt64 = 1 << 50
    test.prober.assign(
      checks.enumerated().map { index, check in
        TestProber.target(
          first + UInt64(index), .http(check), intervalSeconds: 3_600, phaseMs: phaseMs)
      })
    _ = await test.notebook.wait { notes in
      Set(notes.records.map(\.slot).filter { $0 >= first && $0 < .max }).count == checks.count
    }
  }

  @Test func `each names its own URL, slot, start and headers`() async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    func check(_ path: String, _ header: String? = nil) -> HTTPCheck {
      var check = HTTPCheck(url: server.url(path))
      check.headers = header.map { [RequestHeader(name: "X-Own", value: $0)] } ?? []
      return check
    }
    let asked: [(slot: UInt64, check: HTTPCheck)] = [
      (.max, check("/longest/path/of/all")), (5, check("/b")), (1 << 40, check("/c", "one")),
      (6, check("/b")), (7, check("/d", "two")), (8, check("/e", "one")), (9, check("/f")),
    ]
    let keeper = try HostileServer(answering: plainAnswer)
    await hold(
      test,
      [nil, "one", "two"].map { header in
        var check = check("/", header)
        check.url = keeper.url("/")
        return check
      })
    var starts: [Int64] = []
    for (slot, check) in asked {
      let record = try #require(await probe(test, slot, check))
      #expect(record.outcome == .up)
      starts.append(record.startedAtMs)
    }
    test.prober.stop()
    server.stop()
    keeper.stop()
    for (index, (slot, check)) in asked.enumerated() {
      let lines = server.heads[index].split(separator: "\r\n").map(String.init)
      #expect(
        lines.first
          == "GET /\(check.url.split(separator: "/").dropFirst(2).joined(separator: "/")) HTTP/1.1")
      #expect(
        lines.filter { $0.hasPrefix("Upblit-Probe:") } == [
          "Upblit-Probe: \(test.agent)/\(slot)/\(starts[index])"
        ])
      #expect(lines.filter { $0.hasPrefix("X-Own:") } == check.headers.map { "X-Own: \($0.value)" })
      #expect(lines.filter { $0.hasPrefix("User-Agent:") } == ["User-Agent: upblit-agent"])
    }
  }

  @Test func `a name and an address in turn are each found where they are`() async throws {
    let first = try HostileServer(answering: plainAnswer)
    let second = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    let keeper = try HostileServer(answering: plainAnswer)
    var held = HTTPCheck(url: keeper.url("/"))
    held.family = .ipv4
    await hold(test, [held])
    for round in 0..<3 {
      for (host, server) in [("localhost", first), ("127.0.0.1", second), ("localhost", second)] {
        var check = HTTPCheck(url: "http://\(host):\(server.port)/\(round)")
        check.family = .ipv4
        let record = await probe(test, 3, check)
        #expect(record?.outcome == .up)
      }
    }
    test.prober.stop()
    first.stop()
    second.stop()
    keeper.stop()
    #expect(first.heads.count == 3)
    #expect(second.heads.count == 6)
  }

  @Test func `a certificate is held against the host of its own probe`() async throws {
    let authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
    let named = try TLSServer(
      TestCertificate(name: "x", alternativeName: "DNS:localhost", issuer: authority),
      answering: plainAnswer)
    let numbered = try TLSServer(
      TestCertificate(name: "x", alternativeName: "IP:127.0.0.1", issuer: authority),
      answering: plainAnswer)
    let file = try authority.write()
    let test = try TestProber {
      $0.allowsLoopback = true
      $0.caFile = file
    }
    var held = HTTPCheck(url: "https://localhost:\(named.port)/")
    held.family = .ipv4
    await hold(test, [held])
    for _ in 0..<3 {
      for (host, port, reason) in [
        ("localhost", named.port, nil), ("127.0.0.1", named.port, Reason.tlsNameMismatch),
        ("127.0.0.1", numbered.port, nil), ("localhost", numbered.port, .tlsNameMismatch),
      ] {
        var check = HTTPCheck(url: "https://\(host):\(port)/")
        check.family = .ipv4
        let record = await probe(test, 4, check)
        #expect(record?.outcome.failure?.reason == reason, "\(host) \(port)")
      }
    }
    test.prober.stop()
    named.stop()
    numbered.stop()
  }

  @Test func `a probe after others that failed, were redirected or cut short is as any`()
    async throws
  {
    let server = try HostileServer { head in
      if head.isEmpty { return nil }
      switch head.split(separator: " ").dropFirst().first {
      case "/hang": return [.hold]
      case "/turn": return [.send("HTTP/1.1 302 Found\r\nLocation: /good\r\n\r\n"), .close]
      case "/bad": return [.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), .close]
      case "/reset": return [.reset]
      default: return [.send(plainAnswer), .close]
      }
    }
    let test = try TestProber()
    await hold(test, [HTTPCheck(url: server.url("/good"))])
    for path in ["/hang", "/turn", "/bad", "/reset"] {
      let other = await probe(test, 5, HTTPCheck(url: server.url(path)), timeoutMs: 300)
      #expect(other?.outcome.isUp == (path == "/turn"))
      let refused = await probe(test, 5, HTTPCheck(url: "http://127.0.0.1:1/"))
      #expect(refused?.outcome.failure?.reason == .tcpRefused)
      let good = await probe(test, 6, HTTPCheck(url: server.url("/good")))
      #expect(good?.outcome == .up)
      #expect(good?.status == 200)
    }
    test.prober.stop()
    server.stop()
    #expect(server.openConnections == 0)
  }

  @Test func `what failed to connect in one probe is not told of the next`() async throws {
    // By this code libcurl tells of a connection that broke, with an errno where there is one.
    let server = try HostileServer(
      answering: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n")
    let test = try TestProber()
    let keeper = try HostileServer(answering: plainAnswer)
    await hold(test, [HTTPCheck(url: keeper.url("/"))])
    let alone = try #require(await probe(test, 6, HTTPCheck(url: server.url("/"))))
    #expect(alone.outcome.failure?.curlCode == 56)
    let refused = await probe(test, 5, HTTPCheck(url: "http://127.0.0.1:1/"))
    #expect(refused?.outcome.failure?.reason == .tcpRefused)
    let after = await probe(test, 6, HTTPCheck(url: server.url("/")))
    #expect(after?.outcome == alone.outcome)
    test.prober.stop()
    server.stop()
    keeper.stop()
  }

  @Test func `texts that look alike are sent as each check has them`() async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    let texts = ["cl\u{e9}", "cle\u{301}"]
    let keeper = try HostileServer(answering: plainAnswer)
    var held = HTTPCheck(url: keeper.url("/"))
    held.headers = [RequestHeader(name: "X-Own", value: texts[0])]
    await hold(test, [held])
    for text in texts {
      var check = HTTPCheck(url: server.url("/"))
      check.headers = [RequestHeader(name: "X-Own", value: text)]
      #expect(await probe(test, 5, check)?.outcome == .up)
    }
    test.prober.stop()
    server.stop()
    keeper.stop()
    for (head, text) in zip(server.heads, texts) {
      let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("X-Own: ") })
      #expect(Array(line.utf8) == Array("X-Own: \(text)".utf8))
    }
  }
}
