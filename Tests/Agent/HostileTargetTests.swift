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
    // Whatever it says, nothing of it moves a terminal's cursor or ends a line.
    let detail = record.outcome.failure?.detail ?? ""
    #expect(detail.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }, "\(detail)")
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
