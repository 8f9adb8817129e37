import Model
import OpenSSL
import Testing

@testable import Dialogue

/// A generator whose masks are known.
private struct Counting: RandomNumberGenerator {
  var value: UInt64 = 0
  mutating func next() -> UInt64 {
    value &+= 0x0102_0304_0506_0708
    return value
  }
}

@Suite struct WebSocketTests {
  /// RFC 6455 section 1.3.
  private static let key = WebSocketKey(nonce: Array("the sample nonce".utf8)) {
    (try? SHA1.digest($0)) ?? []
  }

  private static let upgraded = """
    HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n
    """

  @Test func `the key and its answer are those of the RFC`() {
    #expect(Self.key.text == "dGhlIHNhbXBsZSBub25jZQ==")
    #expect(Self.key.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    for (bytes, text) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ] {
      #expect(WebSocketKey.base64(Array(bytes.utf8)) == text)
    }
  }

  /// What the server gets to hear, unmasked, and what comes of it.
  private static func run(
    _ steps: [WebSocketPlan.Step], _ pieces: [[UInt8]], subprotocols: [String] = [],
    closes: Bool = false
  ) -> (frames: [[UInt8]], end: ScriptRun.Step?, run: WebSocketRun) {
    var plan = WebSocketPlan(host: "a.example", path: "/chat?x", steps: steps)
    plan.subprotocols = subprotocols
    var run = WebSocketRun(plan, key: key)
    var generator = Counting()
    _ = run.begin()
    var result: [ScriptRun.Step] = []
    for piece in pieces { result += run.take(piece, using: &generator) }
    if closes { result += run.closed() }
    var frames: [[UInt8]] = []
    var end: ScriptRun.Step?
    for step in result {
      if case .send(let bytes) = step { frames.append(unmasked(bytes)) } else { end = step }
    }
    return (frames, end, run)
  }

  /// Kind and payload of a small frame.
  private static func unmasked(_ frame: [UInt8]) -> [UInt8] {
    #expect(frame[0] & 0x80 != 0 && frame[1] & 0x80 != 0)
    let payload = frame[6...].enumerated().map { $1 ^ frame[2 + $0 & 3] }
    #expect(Int(frame[1] & 0x7f) == payload.count)
    return [frame[0] & 15] + payload
  }

  private static func reason(_ end: ScriptRun.Step?) -> Reason? {
    guard case .failed(let failure) = end else { return nil }
    return failure.reason
  }

  @Test func `the request says what the plan says`() throws {
    var plan = WebSocketPlan(host: "a.example:81", path: "/chat?x=1", origin: "https://o.example")
    plan.headers = [.init("X-Token", "s3cret")]
    plan.subprotocols = ["v2", "v1"]
    let request = try #require(UpgradeRequest(plan, key: "KEY"))
    #expect(
      String(decoding: request.bytes, as: UTF8.self) == """
        GET /chat?x=1 HTTP/1.1\r\nHost: a.example:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r
        Sec-WebSocket-Key: KEY\r\nSec-WebSocket-Version: 13\r\nOrigin: https://o.example\r
        Sec-WebSocket-Protocol: v2, v1\r\nX-Token: s3cret\r\n\r\n
        """)
  }

  @Test func `nothing smuggles a line into the request`() {
    let changes: [(inout WebSocketPlan) -> Void] = [
      { $0.path = "/a b" }, { $0.path = "/a\r\nX: y" }, { $0.path = "a" }, { $0.path = "" },
      { $0.host = "a\nX: y" }, { $0.origin = "a\0" }, { $0.headers = [.init("X\r\nY", "z")] },
      { $0.headers = [.init("X", "y\r\nZ: z")] }, { $0.headers = [.init("", "y")] },
      { $0.subprotocols = ["a, b"] }, { $0.subprotocols = ["a\r\n"] },
    ]
    for (index, change) in changes.enumerated() {
      var plan = WebSocketPlan(host: "a.example")
      change(&plan)
      #expect(UpgradeRequest(plan, key: "K") == nil, "\(index)")
      var run = WebSocketRun(plan, key: Self.key)
      #expect(Self.reason(run.begin().last) == .agentFailed)
    }
  }

  @Test func `messages are said and heard, however they are cut, and it ends politely`() throws {
    let steps: [WebSocketPlan.Step] = [
      .sendText(text("hi")), .expect(try pattern("^hello$")), .sendBinary([1, 2]),
      .expect(.bytes([9, 8])),
    ]
    // Another message, a ping within a message in pieces, a pong, then the binary one.
    let frames: [UInt8] =
      [0x81, 1] + text("x") + [0x01, 2] + text("he") + [0x89, 1, 7] + [0x80, 3] + text("llo")
      + [0x8a, 0] + [0x82, 3, 0, 9, 8]
    for pieces in everySplit(text(Self.upgraded) + frames) {
      let (said, end, _) = Self.run(steps, pieces)
      #expect(end == .met)
      #expect(said == [[1] + text("hi"), [10, 7], [2, 1, 2], [8, 3, 232]])
    }
  }

  @Test func `an expectation begins with a message of its own`() throws {
    // "b" follows in the same message, so that it does not count.
    let steps: [WebSocketPlan.Step] = [.expect(.bytes(text("a"))), .expect(.bytes(text("b")))]
    for pieces in everySplit(text(Self.upgraded) + [0x81, 2] + text("ab") + [0x81, 1, 0x63]) {
      let (_, end, _) = Self.run(steps, pieces)
      #expect(end == nil)
    }
  }

  static let heads: [(String, Reason?)] = [
    ("HTTP/1.1 403 Forbidden\r\n\r\n", .httpStatus), ("HTTP/1.1 200 OK\r\n\r\n", .httpStatus),
    ("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + upgraded, nil),
    ("SSH-2.0-x\r\n", .protocolInvalid), ("HTTP/2 101\r\n\r\n", .protocolInvalid),
    ("HTTP/1.1 1x1 a\r\n\r\n", .protocolInvalid), ("HTTP/1.1\r\n\r\n", .protocolInvalid),
    ("HTTP/1.1 99 a\r\n\r\n", .protocolInvalid), ("\r\n\r\n", .protocolInvalid),
    ("HTTP/1.1 101 a\r\n\r\n", .protocolInvalid),
    ("HTTP/1.1 101 a\r\nbroken\r\n\r\n", .protocolInvalid),
    (upgraded.replacing("s3p", with: "s4p"), .protocolInvalid),
    (upgraded.replacing("WebSocket", with: "h2c"), .protocolInvalid),
    (upgraded.replacing("keep-alive, Upgrade", with: "close"), .protocolInvalid),
    (
      upgraded.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Extensions: x\r\n\r\n"),
      .protocolInvalid
    ),
    (
      upgraded.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Protocol: v3\r\n\r\n"),
      .protocolInvalid
    ),
    (upgraded.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Protocol: v1\r\n\r\n"), nil),
    (upgraded.replacing("\r\n", with: "\n"), nil),
  ]

  @Test(arguments: heads)
  func `the head of the answer is judged, however it is cut`(head: String, reason: Reason?) {
    for pieces in everySplit(text(head)) {
      let (_, end, _) = Self.run([], pieces, subprotocols: ["v1"])
      #expect(Self.reason(end) == reason)
      if reason == nil { #expect(end == .met) }
    }
  }

  /// What comes, and what of it is the head that answers the request.
  static let extents: [(before: String, head: String, behind: String)] = [
    ("", upgraded, "\u{1}frames"), ("", "HTTP/1.1 403 No\r\nA: b\r\n\r\n", "a body"),
    ("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", upgraded, ""),
    ("HTTP/1.1 103 Early\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n", "x"),
    ("", "HTTP/1.1 101 a\r\nbroken\r\n\r\n", "x"), ("", "HTTP/1.1 101 a\r\nSet-Coo", ""),
    // Nothing of it is a head.
    ("", "", "SSH-2.0-x\r\n"), ("", "", "HTT"), ("", "", "HTTQ"),
  ]

  @Test(arguments: extents)
  func `it is known where the head stands, however it is cut`(
    before: String, head: String, behind: String
  ) {
    let start = before.utf8.count
    for pieces in everySplit(text(before + head + behind)) {
      let (_, _, run) = Self.run([.expect(.bytes(text("never")))], pieces)
      #expect(run.head == (head.isEmpty ? nil : start..<start + head.utf8.count))
    }
  }

  @Test func `what is no head behind an interim one leaves that the head`() {
    let early = "HTTP/1.1 103 Early\r\nSet-Cookie: x\r\n\r\n"
    for pieces in everySplit(text(early + "SSH-2.0-x")) {
      #expect(Self.run([], pieces).run.head == 0..<early.utf8.count)
    }
    var report = ConversationReport()
    report.note(text("early last body"), atUs: 0)
    report.head = 6..<11
    #expect(Array(report.keptHead) == text("last ") && Array(report.body) == text("body"))
    report.head = 6..<5_000
    #expect(Array(report.keptHead) == text("last body") && report.body.isEmpty)
    report.head = 4_999..<5_000
    #expect(report.keptHead.isEmpty && report.body.isEmpty)
    report.head = nil
    #expect(report.keptHead.isEmpty && Array(report.body) == report.received)
  }

  @Test func `a head without end fails`() {
    for line in ["X: y\r\n", "x", "HTTP/1.1 100 a\r\n\r\n"] {
      var head = text("HTTP/1.1 101 a\r\n")
      if line.hasPrefix("HTTP") { head = [] }
      while head.count <= 65_536 { head += text(line) }
      #expect(Self.reason(Self.run([], [head]).end) == .headersTooLarge)
    }
  }

  static let frames: [([UInt8], Reason?)] = [
    ([0xc1, 0], .protocolInvalid), ([0xa1, 0], .protocolInvalid), ([0x91, 0], .protocolInvalid),
    ([0x83, 0], .protocolInvalid), ([0x8b, 0], .protocolInvalid), ([0x8f, 0], .protocolInvalid),
    ([0x81, 0x80], .protocolInvalid), ([0x89, 126], .protocolInvalid),
    ([0x88, 127], .protocolInvalid), ([0x09, 0], .protocolInvalid), ([0x80, 0], .protocolInvalid),
    ([0x00, 0], .protocolInvalid), ([0x01, 0, 0x81], .protocolInvalid),
    ([0x81, 126, 0, 125], .protocolInvalid),
    ([0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], .protocolInvalid),
    ([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .protocolInvalid),
    ([0x88, 1, 3], .protocolInvalid), ([0x88, 2, 3, 0xed], .protocolInvalid),
    ([0x88, 2, 0, 1], .protocolInvalid), ([0x88, 2, 0xff, 0xff], .protocolInvalid),
    ([0x88, 0], .replyStatus), ([0x88, 2, 3, 0xf3], .replyStatus),
    ([0x88, 4, 3, 0xe8, 0x1b, 0xff], .replyStatus),
    // The largest length is believed, and not waited for.
    ([0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x61, 0x62], nil),
  ]

  @Test(arguments: frames)
  func `broken frames and unasked goodbyes fail, however they are cut`(
    frame: [UInt8], reason: Reason?
  ) {
    for pieces in everySplit(frame) {
      let (_, end, _) = Self.run([.expect(.bytes(text("ab")))], [text(Self.upgraded)] + pieces)
      #expect(Self.reason(end) == reason)
      if reason == nil { #expect(end == .met) }
    }
  }

  static let closings: [(UInt16?, [UInt8], Reason?, UInt16)] = [
    (nil, [0x88, 0], nil, 1005), (1000, [0x88, 2, 3, 0xe8], nil, 1000),
    (nil, [0x88, 2, 0x0f, 0xa0], nil, 4000), (1000, [0x88, 2, 3, 0xe9], .assertFailed, 1001),
    (1000, [0x88, 0], .assertFailed, 1005), (1001, [0x88, 3, 3, 0xe9, 0x61], nil, 1001),
  ]

  @Test(arguments: closings)
  func `a close is awaited, with its code where one is wanted`(
    code: UInt16?, frame: [UInt8], reason: Reason?, told: UInt16
  ) {
    let message: [UInt8] = [0x81, 1, 0x61]
    let (said, end, run) = Self.run(
      [.expectClose(code: code)], [text(Self.upgraded), message + frame])
    #expect(Self.reason(end) == reason)
    #expect(run.closeCode == told)
    #expect(said == [[8] + frame.dropFirst(2).prefix(2)])
  }

  @Test func `a connection that closes is judged by what it was at`() throws {
    func reason(_ steps: [WebSocketPlan.Step], _ pieces: [[UInt8]]) -> Reason? {
      Self.reason(Self.run(steps, pieces, closes: true).end)
    }
    let wait: [WebSocketPlan.Step] = [.expect(.bytes([1]))]
    #expect(reason(wait, []) == .tcpClosed)
    #expect(reason(wait, [text("HTTP/1.1 101")]) == .protocolIncomplete)
    #expect(reason(wait, [text(Self.upgraded)]) == .assertMissing)
    #expect(reason([.expectClose(code: nil)], [text(Self.upgraded)]) == nil)
    #expect(reason([.expectClose(code: 1000)], [text(Self.upgraded)]) == .tcpClosed)
  }

  @Test func `floods are bounded`() {
    let ping: [UInt8] = [0x89, 1, 7]
    let pings = [[UInt8]](repeating: ping, count: 1_000)
    let (pongs, end, _) = Self.run(
      [.expect(.bytes([1]))], [text(Self.upgraded)] + pings)
    #expect(pongs.count == 64 && end == nil)
    let message: [UInt8] = [0x82, 126, 0x40, 0] + [UInt8](repeating: 0, count: 0x4000)
    let messages = [[UInt8]](repeating: message, count: 5)
    #expect(
      Self.reason(Self.run([.expect(.bytes([1]))], [text(Self.upgraded)] + messages).end)
        == .assertMissing)
    #expect(
      Self.reason(
        Self.run([.expectClose(code: nil)], [text(Self.upgraded)] + messages).end)
        == .assertFailed)
  }

  @Test func `large frames are written with their length`() {
    for (count, head) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
      let frame = ClientFrame.bytes(.binary, [UInt8](repeating: 5, count: count), mask: 0)
      #expect(frame.count == head + 4 + count)
    }
    let masked = ClientFrame.bytes(.text, [1, 1, 1, 1, 1], mask: 0x0102_0304)
    #expect(masked == [0x81, 0x85, 1, 2, 3, 4, 0, 3, 2, 5, 0])
  }
}
