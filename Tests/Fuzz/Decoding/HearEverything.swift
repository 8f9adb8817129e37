import Conditions
import Dialogue
import Model

/// Says bytes to everything that listens to a target's socket: negotiations, scripts, WebSockets,
/// datagrams, echoes. It must return, whatever they are, and say the same however they are cut.
public func hearEverything(_ bytes: [UInt8]) {
  for kind in StartTLSProtocol.allCases {
    var whole = StartTLSNegotiation(kind, name: "a.example")
    var cut = whole
    let steps = whole.take(bytes)
    let pieces = bytes.flatMap { cut.take([$0]) }
    // Bytes behind a go-ahead are seen only where they come with it.
    if pieces.last != .beginTLS { precondition(steps == pieces, "\(kind)") }
    check(steps.map { step in if case .failed(let failure) = step { failure } else { nil } })
  }
  for script in scripts {
    var whole = ScriptRun(script)
    var cut = ScriptRun(script)
    let steps = whole.begin() + whole.take(bytes) + whole.closed()
    let pieces = cut.begin() + bytes.flatMap { cut.take([$0]) } + cut.closed()
    precondition(steps == pieces)
    check(steps.map { step in if case .failed(let failure) = step { failure } else { nil } })
  }
  let upgraded = Array(
    "HTTP/1.1 101 a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: \(key.accept)\r\n\r\n"
      .utf8)
  for heard in [bytes, upgraded + bytes] {
    var whole = WebSocketRun(socket, key: key)
    var cut = WebSocketRun(socket, key: key)
    var generator = SeededGenerator(seed: 1)
    var again = SeededGenerator(seed: 1)
    let steps = whole.begin() + whole.take(heard, using: &generator) + whole.closed()
    var pieces = cut.begin()
    for byte in heard { pieces += cut.take([byte], using: &again) }
    precondition(steps == pieces + cut.closed())
    check(steps.map { step in if case .failed(let failure) = step { failure } else { nil } })
  }
  var whole = MessageRun([1])
  var cut = MessageRun([1])
  let steps = whole.begin() + whole.take(bytes) + whole.closed()
  let pieces = cut.begin() + bytes.flatMap { cut.take([$0]) } + cut.closed()
  precondition(steps == pieces && whole.answer == cut.answer)
  for isIPv6 in [false, true] {
    for hasIPHeader in [false, true] {
      _ = EchoMessage.heard(bytes, isIPv6: isIPv6, hasIPHeader: hasIPHeader)
    }
  }
  let plan = DatagramPlan(
    addresses: [], port: 1, limitUs: 1_000, payload: [], expectation: .bytes([1, 2]))
  var datagrams = DatagramRun(plan, nowUs: 0, deadlineUs: 1_000)
  _ = datagrams.received(bytes)
  _ = datagrams.passed(nowUs: 1_000)
}

private func check(_ failures: [Failure?]) {
  for failure in failures.compactMap(\.self) {
    precondition(failure.detail.utf8.count <= 255, failure.detail)
    precondition(
      failure.detail.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f },
      failure.detail)
  }
}

private let key = WebSocketKey(nonce: [UInt8](repeating: 1, count: 16)) { Array($0.prefix(20)) }

private let socket = WebSocketPlan(
  host: "a.example",
  steps: [
    .sendText([1]), .expect(.bytes([0x61])),
    .expect((try? LinearPattern(parsing: "^b*c")).map { .pattern($0) } ?? .bytes([])),
    .expectClose(code: 1000),
  ])

private let scripts: [[StreamStep]] = [
  [.expect(.bytes(Array("220 ".utf8))), .send([1]), .expect(.bytes(Array("250".utf8)))],
  [
    .expect((try? LinearPattern(parsing: "(a|b)*\\r?\\n$")).map { .pattern($0) } ?? .bytes([])),
    .expectClose,
  ],
]

/// What servers say, from which fuzzing of the listeners begins.
public enum SampleTalks {
  public static let texts = [
    "220-a\r\n220 mail\r\n250-mail\r\n250 STARTTLS\r\n220 go\r\n", "220 ftp\r\n234 go\r\n",
    "* OK ready\r\n* CAPABILITY x\r\na1 OK begin\r\n", "+OK ready\r\n+OK begin\r\n", "S",
    "<?xml version='1.0'?><s:stream a='>'><s:features><starttls/></s:features><proceed/>",
    "HTTP/1.1 101 a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", "aabb\r\n",
  ]

  public static let bytes: [[UInt8]] = [
    [0x30, 12, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0],
    [0x45, 0, 0, 0, 9, 0x4d, 0x61, 0x62, 0, 0],
    [
      26, 0, 0, 0, 10, 56, 46, 48, 0, 1, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 8, 45, 2, 0, 0, 0,
      0,
    ],
    [0x01, 2, 0x61, 0x62, 0x89, 1, 7, 0x80, 1, 0x63, 0x82, 126, 0, 1, 9, 0x88, 2, 3, 0xe8],
    [0x88, 4, 3, 0xe9, 0x61, 0x62], [0, 3, 1, 2, 3, 4], [0, 9, 1],
    [3, 1, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 84, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1]
      + [8, 0, 0, 0, 1, 2, 3, 4],
    [0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8],
  ]

  public static let all = texts.map { Array($0.utf8) } + bytes
}
