import Linux
import Model
import Probing
import Testing

/// What becomes of targets that misbehave: each row is one way to do so.
@Suite struct HostileTargetTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [HostileServer.Step]
    /// Whether the steps begin before a request has been read.
    var atOnce = false
    var failureClass: FailureClass?
    var detail: String?
    var timeoutMs: UInt32 = 5_000

    var testDescription: String { name }
  }

  static let manyHeaders = (0..<20_000).map { "X-Header-\($0): value\r\n" }.joined()
  static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  static let rows: [Row] = [
    Row(name: "reset on accept", steps: [.reset], atOnce: true, failureClass: .connect),
    Row(
      name: "closed on accept", steps: [.close], atOnce: true, failureClass: .connect,
      detail: nil),
    Row(
      name: "closed without a byte", steps: [.close], failureClass: .connect,
      detail: "the connection was closed without an answer"),
    Row(name: "reset after the request", steps: [.reset], failureClass: .connect),
    Row(
      name: "reset during the body",
      steps: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .pause(ms: 50), .reset,
      ], failureClass: .connect, detail: "the connection was reset"),
    Row(
      name: "silent", steps: [.hold], failureClass: .timeout,
      detail: "no answer within 1500 ms: the connection was accepted, and nothing came",
      timeoutMs: 1_500),
    Row(
      name: "a byte now and then",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")]
        + (0..<100).flatMap { _ in [.pause(ms: 30), HostileServer.Step.send("x")] },
      failureClass: .timeout,
      detail: "no answer within 1500 ms: the answer began and did not end", timeoutMs: 1_500),
    Row(
      name: "a byte of head now and then",
      steps: [.send("HTTP/1.1 200 OK\r\nX: ")]
        + (0..<100).flatMap { _ in [.pause(ms: 30), HostileServer.Step.send("y")] },
      failureClass: .timeout, timeoutMs: 1_500),
    Row(
      name: "endless interim answers", steps: [.sendForEver(Array("HTTP/1.1 100 Go\r\n\r\n".utf8))],
      failureClass: .protocol, detail: "the answer's headers exceed 262144 bytes"),
    Row(
      name: "headers without end",
      steps: [.send("HTTP/1.1 200 OK\r\n"), .sendForEver(Array("X-A: bcdefghij\r\n".utf8))],
      failureClass: .protocol, detail: "the answer's headers exceed 262144 bytes"),
    Row(
      name: "thousands of headers",
      steps: [.send("HTTP/1.1 200 OK\r\n" + manyHeaders + "\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "one header without end",
      steps: [.send("HTTP/1.1 200 OK\r\nX: "), .sendForEver(Array(repeating: 97, count: 4_096))],
      failureClass: .protocol, detail: "a header of the answer is too large"),
    Row(
      name: "a body without end",
      steps: [
        .send("HTTP/1.1 200 OK\r\n\r\n"), .sendForEver(Array(repeating: 98, count: 60_000)),
      ]),
    Row(
      name: "chunks without end",
      steps: [
        .send(chunked), .sendForEver(Array("5\r\nhello\r\n".utf8)),
      ]),
    Row(
      name: "a body shorter than it says",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close],
      failureClass: .protocol, detail: "the answer ended before the length that it states"),
    Row(
      name: "a body longer than it says",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"), .close]),
    Row(
      name: "broken chunks", steps: [.send(chunked + "zz\r\nhello\r\n"), .close],
      failureClass: .connect),
    Row(
      name: "another protocol's banner", steps: [.send("220 mail ESMTP\r\n"), .hold], atOnce: true,
      failureClass: .protocol),
    Row(
      name: "SSH's banner", steps: [.send("SSH-2.0-OpenSSH_9.2\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "negative length",
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc"), .close],
      failureClass: .protocol),
    Row(
      name: "NUL in a header", steps: [.send("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), .close],
      failureClass: .protocol),
    Row(
      name: "no reason phrase, bare line feeds",
      steps: [.send("HTTP/1.1 200\nX: y\n\nhello"), .close]),
    Row(
      name: "unasked 101", steps: [.send("HTTP/1.1 101 Sure\r\n\r\n"), .hold],
      failureClass: .timeout, timeoutMs: 500),
    Row(
      name: "unasked 304", steps: [.send("HTTP/1.1 304 No\r\n\r\n"), .close]),
    Row(
      name: "two lengths that differ",
      steps: [
        .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc"), .close,
      ], failureClass: .protocol),
    Row(
      name: "folded lines",
      steps: [.send("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"), .close]),
    Row(
      name: "text that is not UTF-8",
      steps: [
        .send(Array("HTTP/1.1 200 \u{1b}[2J\r\nX: ".utf8) + [0xff, 0xfe, 13, 10, 13, 10, 0xff]),
        .close,
      ]),
    Row(
      name: "HTTP/0.9", steps: [.send("<html>hello</html>\n"), .close], failureClass: .protocol,
      detail: "the answer is not HTTP"),
    Row(
      name: "500", steps: [.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), .close],
      failureClass: .status, detail: "status 500, where 200-399 is expected"),
    Row(
      name: "redirect loop",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), .close],
      failureClass: .protocol, detail: "more than 10 redirects"),
    Row(
      name: "redirect to a file",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\n\r\n"), .close],
      failureClass: .protocol,
      detail: "a redirect to \"file\", which is neither http nor https"),
    Row(
      name: "redirect to FTP",
      steps: [.send("HTTP/1.1 301 Go\r\nLocation: ftp://127.0.0.1/\r\n\r\n"), .close],
      failureClass: .protocol, detail: "a redirect to \"ftp\", which is neither http nor https"),
    Row(
      name: "redirect to a metadata service, with a body without end",
      steps: [
        .send("HTTP/1.1 302 Go\r\nLocation: http://2852039166/latest\r\n\r\n"),
        .sendForEver(Array(repeating: 99, count: 10_000)),
      ], failureClass: .agent,
      detail: "the agent does not connect to 169.254.169.254: a cloud's metadata service"),
    Row(
      name: "redirect to nonsense",
      steps: [.send("HTTP/1.1 302 Go\r\nLocation: http://[\r\n\r\n"), .close],
      failureClass: .protocol, detail: "a redirect to an address that can't be read"),
  ]

  @Test(arguments: rows)
  func `a target that misbehaves gets a plain reason, and the prober goes on`(row: Row) async throws
  {
    let server = try HostileServer { head in
      head.isEmpty == row.atOnce ? row.steps : (head.isEmpty ? nil : [])
    }
    let test = try TestProber()
    let record = await test.probe(server.url(), timeoutMs: row.timeoutMs)
    if let failureClass = row.failureClass {
      #expect(record.outcome.failure?.failureClass == failureClass, "\(record.outcome)")
      if let detail = row.detail { #expect(record.outcome.failure?.detail == detail) }
    } else {
      #expect(record.outcome == .up)
    }
    test.prober.stop()
    server.stop()
  }

  @Test func `a connection that is refused is the target's failure`() async throws {
    let port = try RefusingPort()
    let test = try TestProber()
    let record = await test.probe("http://127.0.0.1:\(port.number)/")
    #expect(
      record.outcome
        == .failed(Failure(.tcpRefused, curlCode: 7, detail: "the connection was refused")))
    #expect(record.phases == nil)
    test.prober.stop()
  }

  @Test func `a text is found across chunks, and only in what the check reads`() async throws {
    let server = try HostileServer { head in
      head.isEmpty
        ? nil
        : [
          .send(Self.chunked + "4\r\nsome"), .pause(ms: 20), .send("\r\n3\r\nthi"), .pause(ms: 20),
          .send("\r\n2\r\nng\r\n0\r\n\r\n"), .close,
        ]
    }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.contains = ["something"]
    #expect(await test.probe(.http(check)).outcome == .up)
    check.absent = ["meth"]
    #expect(
      await test.probe(.http(check)).outcome
        == .failed(Failure(.assertUnwanted, detail: "\"meth\" is in the body")))
    check.absent = []
    check.bodyLimit = 8
    #expect(
      await test.probe(.http(check)).outcome
        == .failed(
          Failure(.assertMissing, detail: "\"something\" is not in the first 8 bytes of the body")))
    test.prober.stop()
    server.stop()
  }

  @Test func `a body's limit counts decoded bytes`() async throws {
    // A gzip stream of 10,000,000 zeros, 2,000 times the limit, in one stored deflate block after
    // the other would be large; a run-length block of fixed codes is made here instead.
    let bomb = Self.gzipOfZeros(megabytes: 10)
    let server = try HostileServer { head in
      head.isEmpty
        ? nil
        : [
          .send(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"),
          .send(bomb), .close,
        ]
    }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.absent = ["nothing"]
    check.bodyLimit = 5_000
    #expect(await test.probe(.http(check)).outcome == .up)
    check.contains = ["\0\0\0"]
    #expect(await test.probe(.http(check)).outcome == .up)
    test.prober.stop()
    server.stop()
  }

  /// RFC 1951 fixed codes: one literal zero, then matches of length 258 at distance 1.
  private static func gzipOfZeros(megabytes: Int) -> [UInt8] {
    var bytes: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255]
    var bits: UInt64 = 0
    var count: UInt64 = 0
    func put(_ value: UInt64, _ width: UInt64) {
      bits |= value << count
      count += width
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
        count -= 8
      }
    }
    put(1, 1)
    put(1, 2)
    // Literal 0 is 00110000, most significant bit first.
    put(0b0000_1100, 8)
    for _ in 0..<(megabytes * 1_000_000 / 258) {
      // Length 258 is symbol 285, 11000101; distance 1 is symbol 0, 00000.
      put(0b1010_0011, 8)
      put(0, 5)
    }
    put(0, 7)
    if count > 0 { put(0, 8 - count) }
    return bytes
  }

  @Test func `a redirect is followed, and the check's headers stay with their origin`() async throws
  {
    let other = try HostileServer(answering: plainAnswer)
    let server = try HostileServer { [other] head in
      if head.isEmpty { return nil }
      if head.hasPrefix("GET /same") {
        return [.send("HTTP/1.1 307 Go\r\nLocation: \(other.url("/there"))\r\n\r\n"), .close]
      }
      return [.send("HTTP/1.1 302 Go\r\nLocation: /same\r\nContent-Length: 0\r\n\r\n"), .close]
    }
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.headers = [.init(name: "X-Secret", value: "s3cret"), .init(name: "X-Empty", value: "")]
    check.contains = ["hello"]
    let record = await test.probe(.http(check))
    #expect(record.outcome == .up)
    #expect(record.status == 200)
    let phases = try #require(record.phases)
    #expect(phases.firstByte <= record.total)
    test.prober.stop()
    server.stop()
    other.stop()
    #expect(server.heads.count == 2)
    #expect(server.heads.allSatisfy { $0.contains("X-Secret: s3cret\r\nX-Empty:\r\n") })
    #expect(other.heads.count == 1)
    #expect(other.heads.first?.contains("Secret") == false)
    #expect(other.heads.first?.contains("Upblit-Probe") == false)
  }

  @Test func `a check that follows no redirect judges the first answer`() async throws {
    let server = try HostileServer(
      answering: "HTTP/1.1 301 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
    let test = try TestProber()
    var check = HTTPCheck(url: server.url())
    check.maxRedirects = 0
    #expect(await test.probe(.http(check)).outcome == .up)
    check.statusRanges = [200...299]
    #expect(await test.probe(.http(check)).outcome.failure?.failureClass == .status)
    test.prober.stop()
    server.stop()
  }

  @Test(arguments: ["POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PROPFIND"])
  func `a check's method and body are sent as they are`(method: String) async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    var check = HTTPCheck(url: server.url("/m"))
    check.method = method
    if method == "POST" || method == "PUT" { check.body = Array("a=b".utf8) }
    #expect(await test.probe(.http(check)).outcome == .up)
    test.prober.stop()
    server.stop()
    let head = try #require(server.heads.first)
    #expect(head.hasPrefix("\(method) /m HTTP/1.1\r\n"))
    #expect(head.contains("Content-Length: 3\r\n") == !check.body.isEmpty)
  }

  @Test(arguments: [
    ("gopher://127.0.0.1/", "GET", "X", "this kind of URL is not probed"),
    ("http://exa mple.org:99999/", "GET", "X", "the URL can't be read"),
    ("http://127.0.0.1/", "GET /\r\nX: y", "X", "the method is not a word"),
    ("http://127.0.0.1/", "GET", "X: y\r\nZ", "a header is not one line of text"),
  ])
  func `what can't be asked is the agent's own trouble`(
    url: String, method: String, header: String, reason: String
  ) async throws {
    let test = try TestProber()
    var check = HTTPCheck(url: url)
    check.method = method
    check.headers = [.init(name: header, value: "v")]
    #expect(await test.probe(.http(check)).outcome == .failed(Failure(.agent, detail: reason)))
    test.prober.stop()
  }

  @Test func `a TCP check connects and asks nothing`() async throws {
    let server = try HostileServer { head in head.isEmpty ? nil : [.close] }
    let test = try TestProber()
    let record = await test.probe(.tcp(TCPCheck(host: "127.0.0.1", port: server.port)))
    #expect(record.outcome == .up)
    #expect(record.status == nil)
    #expect(record.phases != nil)
    server.stop()
    #expect(server.heads.isEmpty)
    let port = try RefusingPort()
    let refused = await test.probe(.tcp(TCPCheck(host: "127.0.0.1", port: port.number)))
    #expect(refused.outcome.failure?.failureClass == .connect)
    let nonsense = await test.probe(.tcp(TCPCheck(host: "127.0.0.1/@x", port: port.number)))
    #expect([.dns, .agent].contains(nonsense.outcome.failure?.failureClass))
    test.prober.stop()
  }

  @Test func `a name that does not exist is a failure of DNS`() async throws {
    let test = try TestProber()
    let record = await test.probe("http://no-such-name.invalid/")
    #expect([.dns, .timeout].contains(record.outcome.failure?.failureClass))
    test.prober.stop()
  }

  static let forbidden: [(String, String)] = [
    ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
    ("http://2852039166/", "169.254.169.254"), ("http://0xa9fea9fe/", "169.254.169.254"),
    ("http://0251.0376.0251.0376/", "169.254.169.254"),
    ("http://169.254.43518/", "169.254.169.254"),
    ("http://user@169.254.169.254/", "169.254.169.254"),
    ("http://[::ffff:169.254.169.254]/", "::ffff:a9fe:a9fe"),
    ("http://[64:ff9b::a9fe:a9fe]/", "64:ff9b::a9fe:a9fe"),
    ("http://[2002:a9fe:a9fe::1]/", "2002:a9fe:a9fe::1"),
    ("http://[fd00:ec2::254]/", "fd00:ec2::254"), ("http://169.254.7.7/", "169.254.7.7"),
    ("http://[fe80::1]/", "fe80::1"), ("http://100.100.100.200/", "100.100.100.200"),
    ("http://192.0.0.192/", "192.0.0.192"), ("http://0/", "0.0.0.0"), ("http://[::]/", "::"),
    ("http://224.0.0.1/", "224.0.0.1"), ("http://255.255.255.255/", "255.255.255.255"),
  ]

  @Test(arguments: forbidden)
  func `some addresses are never connected to, however they are written`(
    url: String, address: String
  ) async throws {
    let test = try TestProber()
    let record = await test.probe(url)
    #expect(record.outcome.failure?.failureClass == .agent)
    #expect(
      record.outcome.failure?.detail.hasPrefix("the agent does not connect to \(address): ")
        == true,
      "\(record.outcome)")
    test.prober.stop()
  }

  @Test(arguments: [
    "127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]",
  ])
  func `loopback is refused unless it is allowed`(host: String) async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber { _ in }
    let record = await test.probe("http://\(host):\(server.port)/")
    #expect(record.outcome.failure?.failureClass == .agent)
    #expect(record.outcome.failure?.detail.contains("loopback") == true, "\(record.outcome)")
    test.prober.stop()
    server.stop()
    #expect(server.heads.isEmpty)
  }
}
