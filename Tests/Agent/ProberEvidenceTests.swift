import AgentCore
import Glibc
import Linux
import Model
import Probing
import Resolving
import Synchronization
import Testing
import Wire

/// What a prober keeps of targets that fail, however they do it, and of those that are well again.
@Suite struct ProberEvidenceTests {
  /// Probes once, and gives the evidence if there is any.
  private func evidence(
    of test: TestProber, _ check: Check, timeoutMs: UInt32 = 30_000
  ) async -> ProbeEvidence? {
    let record = await test.probe(check, timeoutMs: timeoutMs)
    let found = test.notebook.now.evidence.filter { $0.record == record }
    #expect(found.count <= 1)
    // It comes before its record, so that it is there when that becomes a batch.
    #expect(found.allSatisfy { $0.after < test.notebook.now.records.count })
    return found.first?.evidence
  }

  private func evidence(
    answering steps: [HostileServer.Step], timeoutMs: UInt32 = 30_000,
    _ change: (inout HTTPCheck) -> Void = { _ in }
  ) async throws -> (evidence: ProbeEvidence?, port: UInt16) {
    let server = try HostileServer { head in head.isEmpty ? nil : steps }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    change(&check)
    let found = await evidence(of: test, .http(check), timeoutMs: timeoutMs)
    test.prober.stop()
    server.stop()
    return (found, server.port)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `an answer of 500 is kept: address, edge, masked headers, body`() async throws {
    let head =
      "HTTP/1.1 500 Oh no\r\nServer: x\r\nSet-Cookie: sid=hunter2\r\nX-Api-Key: hunter2\r\n"
      + "CF-Ray: 8f1-FRA\r\nX-Url: https://u:hunter2@a.b/?c=hunter2\r\nContent-Length: 9\r\n\r\n"
    let (found, port) = try await evidence(answering: [.send(head + "it \0broke"), .close])
    let evidence = try #require(found)
    #expect(text(evidence.address) == "ipv4 127.0.0.1 \(port)")
    #expect(text(evidence.presence) == "cf-ray: 8f1-FRA\n")
    #expect(
      text(evidence.headers) == """
        HTTP/1.1 500 Oh no
        Server: x
        Set-Cookie: ***
        X-Api-Key: ***
        CF-Ray: 8f1-FRA
        X-Url: https://***@a.b/?c=***
        Content-Length: 9

        """)
    #expect(text(evidence.bodyExcerpt) == "it \0broke")
    #expect(evidence.attempts.isEmpty)
    #expect(evidence.parts.map(\.kind) == [1, 2, 3, 4])
  }

  @Test func `a connection that is refused shows its address and the kernel's words`() async throws
  {
    let port = try RefusingPort()
    let test = try TestProber()
    for check in [
      Check.http(HTTPCheck(url: "http://127.0.0.1:\(port.number)/")),
      .tcp(TCPCheck(host: "127.0.0.1", port: port.number)),
    ] {
      _ = await test.probe(.http(HTTPCheck(url: "not a URL")))
      let target = TestProber.target(check.kind == .http ? 1 : 2, check)
      let request = ProbeRequestID.random()
      test.prober.probeNow(request, target: target, deadlineMs: 60_000)
      let notes = await test.notebook.wait { $0.records.contains { $0.request == request } }
      let evidence = try #require(notes.evidence.last?.evidence)
      #expect(text(evidence.address) == "ipv4 127.0.0.1 \(port.number)")
      #expect(
        text(evidence.attempts)
          == "connect ipv4 127.0.0.1 \(port.number): Connection refused\n")
      #expect(evidence.parts.map(\.kind) == [1, 7])
    }
    #expect(test.notebook.now.evidence.count == 2)
    test.prober.stop()
  }

  @Test func `an address that failed before another answered is told with the kernel's words`()
    async throws
  {
    // One of the name's two addresses listens, the other refuses.
    var lists: [String] = []
    for isIPv6 in [false, true] {
      guard
        let server = try? HostileServer(
          isIPv6: isIPv6,
          { head in
            head.isEmpty ? nil : [.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), .close]
          })
      else { continue }
      let scratch = try ScratchFolder()
      let hosts = scratch.path + "/hosts"
      try Files.replace(hosts, with: Array("127.0.0.1 both.example\n::1 both.example\n".utf8))
      let test = try TestProber {
        $0.allowsLoopback = true
        $0.resolver.hostsPath = hosts
      }
      let check = Check.http(HTTPCheck(url: "http://both.example:\(server.port)/"))
      let found = try #require(await evidence(of: test, check))
      let (own, other) = ("ipv4 127.0.0.1 \(server.port)", "ipv6 ::1 \(server.port)")
      let (good, bad) = isIPv6 ? (other, own) : (own, other)
      #expect(text(found.address) == good)
      // Which of them comes first is the resolver's choice. Where the machine is slow both are tried
      // at once, and the kernel's words are nobody's.
      let attempts = text(found.attempts)
      let words = ["Connection refused", "no connection"]
      #expect(
        attempts.isEmpty
          || words.contains { attempts == "connect \(bad): \($0)\nconnect \(good): connected\n" })
      lists.append(attempts)
      server.stop()
      // Nobody listens there any more.
      let failure = await test.probe(check, timeoutMs: 30_000).outcome.failure
      // Unless another test's server took the port meanwhile.
      guard failure?.reason == .tcpRefused else {
        test.prober.stop()
        continue
      }
      let refused = try #require(test.notebook.now.evidence.last?.evidence)
      let lines = text(refused.attempts).split(separator: "\n")
      #expect([1, 2].contains(lines.count))
      for line in lines {
        #expect(line.hasPrefix("connect ipv"))
        #expect(words.contains { line.hasSuffix(": " + $0) }, "\(lines)")
      }
      test.prober.stop()
    }
    if lists.count == 2 { #expect(!lists.allSatisfy { $0.isEmpty }) }
  }

  @Test func `of a body without end 4 kB are kept, decoded`() async throws {
    for head in [
      "HTTP/1.1 500 Oh\r\n\r\n", "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
      let isChunked = head.contains("chunked")
      let piece =
        isChunked
        ? Array("5\r\n\0\u{1}\u{7f}\r\n\r\n".utf8) : [UInt8](repeating: 0xff, count: 7_001)
      let (found, _) = try await evidence(
        answering: [.send(head), .sendForEver(piece)]
      ) { $0.bodyLimit = 1 << 18 }
      let body = try #require(found?.bodyExcerpt)
      #expect(body.count == ProbeEvidence.bodyLimit)
      let unit: [UInt8] = isChunked ? [0, 1, 0x7f, 13, 10] : [0xff]
      for (index, byte) in body.enumerated() { #expect(byte == unit[index % unit.count]) }
    }
  }

  @Test func `of headers without end a bounded beginning is kept`() async throws {
    let (found, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 200 OK\r\nX-Secret: hunter2\r\n"),
        .sendForEver(Array("X-A: bcdefghij\r\nPassword: hunter2\r\n".utf8)),
      ])
    let headers = try #require(found?.headers)
    #expect(headers.count <= ProbeEvidence.headLimit)
    #expect(headers.count > ProbeEvidence.headLimit / 2)
    #expect(
      text(headers).hasPrefix("HTTP/1.1 200 OK\nX-Secret: ***\nX-A: bcdefghij\nPassword: ***\n"))
    #expect(!text(headers).contains("hunter2"))
    let (long, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 200 OK\r\nX: "), .sendForEver([UInt8](repeating: 97, count: 4_096)),
      ])
    #expect(try #require(long).headers.count <= ProbeEvidence.headLimit)
  }

  @Test func `NUL and bytes that are no text are kept as they are, or end the answer`() async throws
  {
    let bytes: [UInt8] = [
      0, 0xff, 0xfe, 0xc3, 0x28, 0x1b, 0x5b, 0x31, 0x6d, 13, 10, 0xed, 0xa0, 0x80,
    ]
    let head =
      Array("HTTP/1.1 503 ".utf8) + [0xff, 0x80] + Array("\r\nX-Bytes: a".utf8)
      + [0xc0, 0xaf, 0x1b] + Array("\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8)
    let (found, _) = try await evidence(answering: [.send(head + bytes), .close])
    let evidence = try #require(found)
    #expect(evidence.bodyExcerpt == bytes)
    let line = Array("X-Bytes: a".utf8) + [0xc0, 0xaf, 0x1b, 10]
    #expect(evidence.headers.starts(with: Array("HTTP/1.1 503 ".utf8) + [0xff, 0x80, 10] + line))
    let (broken, _) = try await self.evidence(
      answering: [.send("HTTP/1.1 200 OK\r\nA: b\r\nX: a\0b\r\n\r\n"), .close])
    #expect(try #require(broken).headers.starts(with: "HTTP/1.1 200 OK\nA: b\n".utf8))
  }

  @Test func `an answer that breaks off is kept as far as it came`() async throws {
    let (reset, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .pause(ms: 50), .reset,
      ])
    #expect(text(try #require(reset).bodyExcerpt) == "abc")
    let (silent, port) = try await evidence(answering: [.hold], timeoutMs: 300)
    let evidence = try #require(silent)
    #expect(evidence.parts.map(\.kind) == [1])
    #expect(text(evidence.address) == "ipv4 127.0.0.1 \(port)")
  }

  @Test func `an interim answer and trailers leave the last head whole`() async throws {
    let (found, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 500 Oh\r\nX: y\r\n"),
        .send("Transfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\nX-Token: hunter2\r\n\r\n"), .close,
      ])
    #expect(
      text(try #require(found).headers)
        == "HTTP/1.1 500 Oh\nX: y\nTransfer-Encoding: chunked\nX-Token: ***\n")
    #expect(text(try #require(found).bodyExcerpt) == "z")
  }

  @Test func `redirects are listed with their secrets masked, and the last answer is shown`()
    async throws
  {
    let server = try HostileServer { head in
      if head.isEmpty { return nil }
      if head.hasPrefix("GET / ") {
        return [
          .send("HTTP/1.1 302 Go\r\nX: first\r\nLocation: /a?t=hunter2\r\n\r\nfirst body"), .close,
        ]
      }
      if head.hasPrefix("GET /a?") {
        return [.send("HTTP/1.1 307 Go\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"), .close]
      }
      return [.send("HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nlast"), .close]
    }
    let test = try TestProber()
    let found = try #require(await evidence(of: test, .http(HTTPCheck(url: server.url()))))
    let origin = "http://127.0.0.1:\(server.port)"
    #expect(text(found.attempts) == "redirect 302 \(origin)/a?t=***\nredirect 307 \(origin)/b\n")
    #expect(text(found.headers) == "HTTP/1.1 500 Oh\nContent-Length: 4\n")
    #expect(text(found.bodyExcerpt) == "last")
    test.prober.stop()
    server.stop()
  }

  @Test func `a redirect that leads nowhere shows the way there`() async throws {
    let port = try RefusingPort()
    let target = "http://127.0.0.1:\(port.number)/x"
    let (found, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 301 Go\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n"), .close,
      ])
    let evidence = try #require(found)
    #expect(text(evidence.address) == "ipv4 127.0.0.1 \(port.number)")
    #expect(
      text(evidence.attempts)
        == "redirect 301 \(target)\nconnect ipv4 127.0.0.1 \(port.number): Connection refused\n")
    #expect(evidence.headers.isEmpty)
  }

  @Test func `a redirect loop's evidence is bounded`() async throws {
    let path = String(repeating: "x", count: 900)
    let (found, _) = try await evidence(
      answering: [
        .send("HTTP/1.1 302 Go\r\nLocation: /\(path)?a=b\r\nContent-Length: 0\r\n\r\n"), .close,
      ])
    let attempts = text(try #require(found).attempts)
    #expect(attempts.utf8.count <= ProbeEvidence.attemptsLimit)
    #expect(attempts.hasSuffix("more was left out here\n"))
    #expect(text(try #require(found).headers).contains("Location: /\(path)?a=***\n"))
  }

  @Test func `one good answer is kept when a target is well again, and nothing while it stays so`()
    async throws
  {
    let isWell = Mutex(false)
    let server = try HostileServer { head in
      if head.isEmpty { return nil }
      return isWell.withLock { $0 }
        ? [.send(plainAnswer), .close]
        : [.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), .close]
    }
    let test = try TestProber()
    let check = Check.http(HTTPCheck(url: server.url()))
    isWell.withLock { $0 = true }
    #expect(await evidence(of: test, check) == nil)
    isWell.withLock { $0 = false }
    #expect(await evidence(of: test, check) != nil)
    #expect(await evidence(of: test, check) == nil)
    isWell.withLock { $0 = true }
    let good = try #require(await evidence(of: test, check))
    #expect(text(good.headers) == "HTTP/1.1 200 OK\nContent-Length: 5\n")
    #expect(text(good.bodyExcerpt) == "hello")
    #expect(text(good.address) == "ipv4 127.0.0.1 \(server.port)")
    #expect(await evidence(of: test, check) == nil)
    test.prober.stop()
    server.stop()
  }

  @Test func `a slow answer that counts as degraded is kept`() async throws {
    let (found, _) = try await evidence(
      answering: [.pause(ms: 80), .send(plainAnswer), .close]
    ) { $0.degradedAboveMs = 20 }
    #expect(text(try #require(found).bodyExcerpt) == "hello")
  }

  @Test func `what the agent would not or could not ask leaves no evidence`() async throws {
    let test = try TestProber { $0.allowsLoopback = false }
    #expect(await evidence(of: test, .http(HTTPCheck(url: "http://127.0.0.1/"))) == nil)
    #expect(await evidence(of: test, .http(HTTPCheck(url: "gopher://x/"))) == nil)
    test.prober.stop()
  }

  @Test func `scheduled probes leave evidence like those that are asked for`() async throws {
    let server = try HostileServer(answering: "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
    let test = try TestProber()
    test.prober.assign([TestProber.target(3, .http(HTTPCheck(url: server.url())))])
    let notes = await test.notebook.wait { $0.records.count >= 2 }
    #expect(notes.evidence.map(\.record.slot) == [3])
    #expect(notes.evidence.first?.after == 0)
    test.prober.stop()
    server.stop()
  }

  @Test func `the way to a silent target is traced, and its record does not wait for that`()
    async throws
  {
    let silent = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    let socket = try SilentDatagrams()
    let test = try TestProber()
    var datagram = UDPCheck(host: "127.0.0.1", port: socket.port, payload: [1])
    datagram.expectation = "an answer"
    for check in [Check.http(HTTPCheck(url: silent.url())), .udp(datagram)] {
      let record = await test.probe(check, timeoutMs: 300)
      #expect(record.outcome.failure?.failureClass == .timeout, "\(record.outcome)")
      let notes = await test.notebook.wait { notes in
        notes.traces.contains { $0.record == record }
      }
      let trace = try #require(notes.traces.last)
      #expect(trace.after == notes.records.count)
      let (first, end) =
        check.kind == .http
        ? ("tcp 127.0.0.1 \(silent.port)\n1  127.0.0.1  ", "  connected\n")
        : ("udp 127.0.0.1\n1  ", "  port unreachable\n")
      #expect(trace.trace.hasPrefix(first) && trace.trace.hasSuffix(end), "\(trace.trace)")
      // The next one is another outcome of the same slot.
      _ = await test.probe(.http(HTTPCheck(url: "not a URL")))
      _ = await test.probe(.tcp(TCPCheck(host: "127.0.0.1", port: silent.port)))
    }
    test.prober.stop()
    silent.stop()
  }

  @Test func `an outage of everything is no storm of traces`() async throws {
    let silent = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    let test = try TestProber()
    let check = Check.http(HTTPCheck(url: silent.url()))
    test.prober.assign(
      (1...60).map { TestProber.target($0, check, intervalSeconds: 2, timeoutMs: 400) })
    let notes = await test.notebook.wait { $0.evidence.count == 60 && $0.records.count >= 120 }
    #expect((1...TraceBudget.mostPerMinute).contains(notes.traces.count))
    #expect(Set(notes.evidence.map(\.record.slot)).count == 60)
    test.prober.stop()
    silent.stop()
  }

  @Test func `what answers is not traced`() async throws {
    let port = try RefusingPort()
    let server = try HostileServer(answering: "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
    let test = try TestProber()
    for url in ["http://127.0.0.1:\(port.number)/", server.url()] {
      #expect(await evidence(of: test, .http(HTTPCheck(url: url))) != nil)
    }
    // The prober's thread has nothing left to do.
    test.prober.stop()
    #expect(test.notebook.now.traces.isEmpty)
    server.stop()
  }

  @Test func `the head that upgrades a websocket is shown as others are, not in the body`()
    async throws
  {
    let heads = [
      // Not upgraded, and upgraded in vain.
      "HTTP/1.1 403 No\r\nSet-Cookie: sid=hunter2\r\nCF-Ray: 8f1-FRA\r\nX-Echo: hunter2hunter2\r\n\r\n",
      "HTTP/1.1 101 Go\r\nSet-Cookie: sid=hunter2\r\nCF-Ray: 8f1-FRA\r\nX-Echo: hunter2hunter2\r\n\r\n",
    ]
    for head in heads {
      let server = try HostileServer { heard in
        heard.isEmpty
          ? nil
          : [.send("HTTP/1.1 103 Early\r\nSet-Cookie: a=hunter2\r\n\r\n" + head + "no!"), .close]
      }
      let test = try TestProber()
      var check = WebSocketCheck(url: "ws://127.0.0.1:\(server.port)/")
      check.headers = [RequestHeader(name: "X-Api-Key", value: "hunter2hunter2")]
      let found = try #require(await evidence(of: test, .websocket(check)))
      let status = head.prefix { $0 != "\r\n" }
      #expect(
        text(found.headers)
          == "\(status)\nSet-Cookie: ***\nCF-Ray: 8f1-FRA\nX-Echo: ***\n")
      #expect(text(found.presence) == "cf-ray: 8f1-FRA\n")
      #expect(text(found.bodyExcerpt) == "no!")
      for part in found.parts { #expect(!text(part.bytes).contains("hunter2")) }
      test.prober.stop()
      server.stop()
    }
  }

  @Test func `a secret that is cut in a sentence or in a head is masked too`() async throws {
    let secret = String(repeating: "hunter2-", count: 40)
    let server = try HostileServer { head in
      if head.isEmpty { return nil }
      // The head is cut where it exceeds what is kept, within a secret.
      let filling = String(repeating: "x", count: ProbeEvidence.headLimit - 90)
      return [
        .send(
          "HTTP/1.1 200 OK\r\nX-Fill: \(filling)\r\nContent-Length: \(secret.utf8.count)\r\n"
            + "X-Echo: \(secret)\r\n\r\n\(secret)"), .close,
      ]
    }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.headers = [RequestHeader(name: "X-Api-Key", value: secret)]
    check.conditions = ["[BODY] == regex(^nothing$)"]
    let found = try #require(await evidence(of: test, .http(check)))
    let detail = try #require(test.notebook.now.records.last?.outcome.failure?.detail)
    #expect(detail.contains("***"), "\(detail)")
    #expect(!detail.contains("hunter2"), "\(detail)")
    #expect(text(found.headers).hasSuffix("X-Echo: ***\n"))
    for part in found.parts { #expect(!text(part.bytes).contains("hunter2")) }
    test.prober.stop()
    server.stop()
  }
}

/// A port of this host that takes datagrams and answers none.
private final class SilentDatagrams {
  let port: UInt16
  private let socket: Int32

  init() throws {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(descriptor >= 0)
    socket = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(isBound)
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }
}
