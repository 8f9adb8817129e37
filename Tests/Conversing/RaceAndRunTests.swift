import AgentCore
import Conditions
import Model
import Testing

@testable import Dialogue

private let first = IPAddress.ipv4(0xc000_0201)
private let second = IPAddress.ipv4(0xc000_0202)
private let third = IPAddress.ipv6(high: 0x2001_0db8_0000_0000, low: 1)

@Suite struct ConnectRaceTests {
  @Test func `addresses are tried a moment after each other, and the first wins`() throws {
    var race = ConnectRace([first, second, third], nowUs: 1_000)
    #expect(race.due(nowUs: 1_000)?.number == 0)
    #expect(race.due(nowUs: 1_000) == nil)
    #expect(race.wakeUs == 201_000)
    #expect(race.due(nowUs: 201_000)?.address == second)
    race.connected(0, nowUs: 250_000)
    #expect(race.due(nowUs: 900_000) == nil)
    #expect(race.wakeUs == nil)
    #expect(race.attempts.map(\.end) == [.connected, .abandoned])
    #expect(race.attempts.map(\.beganUs) == [0, 200_000])
    #expect(race.attempts.map(\.tookUs) == [249_000, 49_000])
    #expect(race.decisive == first)
    race.connected(1, nowUs: 260_000)
    #expect(race.winner == 0 && !race.isLost)
  }

  @Test func `a failure has the next one tried at once`() {
    var race = ConnectRace([first, second], nowUs: 0)
    _ = race.due(nowUs: 0)
    race.failed(0, .connection(.refused), nowUs: 10)
    #expect(race.wakeUs == 10)
    #expect(race.due(nowUs: 10)?.number == 1)
    #expect(!race.isLost)
    race.barred(1, by: .loopback, nowUs: 10)
    #expect(race.isLost)
    #expect(race.failure.reason == .tcpRefused)
    #expect(race.decisive == first)
  }

  static let losses: [([SocketTrouble?], Reason)] = [
    ([], .agentFailed), ([nil], .agentAddressRefused), ([nil, nil], .agentAddressRefused),
    ([nil, .connection(.refused)], .tcpRefused), ([.connection(.refused), nil], .tcpRefused),
    ([.connection(.unreachable("")), .connection(.refused)], .tcpRefused),
    ([.connection(.refused), .connection(.unreachable(""))], .tcpRefused),
    ([.connection(.timedOut), .connection(.unreachable(""))], .timeoutConnect),
    ([.connection(.refused), .connection(.reset)], .tcpReset),
    ([.connection(.refused), .descriptors("")], .agentNoDescriptors),
    ([.memory(""), .connection(.refused)], .agentNoMemory),
    ([.connection(.own("")), .connection(.refused)], .agentFailed),
    ([.notAllowed("")], .agentNotAllowed), ([.connection(.other(""))], .tcpFailed),
    ([.connection(.unreachable("")), nil], .netUnreachable),
  ]

  @Test(arguments: losses)
  func `what is told of many failures is what says the most`(
    ends: [SocketTrouble?], reason: Reason
  ) {
    var race = ConnectRace(ends.map { _ in first }, nowUs: 0)
    for end in ends {
      guard let (number, _) = race.due(nowUs: 0) else { break }
      if let end {
        race.failed(number, end, nowUs: 0)
      } else {
        race.barred(number, by: .metadata, nowUs: 0)
      }
    }
    #expect(race.isLost)
    #expect(race.failure.reason == reason)
  }

  @Test func `an address that is barred is named as elsewhere`() {
    #expect(
      ConversationJudgement.failure(barred: .ipv4(0xa9fe_a9fe), by: .metadata).detail
        == "the agent does not connect to 169.254.169.254: a cloud's metadata service")
  }

  @Test func `a hundred addresses are not tried`() {
    var race = ConnectRace([IPAddress](repeating: first, count: 100), nowUs: 0)
    var count = 0
    while let (number, _) = race.due(nowUs: 0) {
      race.failed(number, .connection(.refused), nowUs: 0)
      count += 1
    }
    #expect(count == 16 && race.isLost)
  }
}

@Suite struct ConversationJudgementTests {
  static let lateness: [(ConversationStage, Reason)] = [
    (.connecting, .timeoutConnect), (.encrypting, .timeoutTLS),
    (.negotiating(hasHeard: false), .timeoutFirstByte),
    (.negotiating(hasHeard: true), .timeoutAnswer), (.talking(hasHeard: false), .timeoutFirstByte),
    (.talking(hasHeard: true), .timeoutAnswer),
  ]

  @Test(arguments: lateness)
  func `what is late is named`(stage: ConversationStage, reason: Reason) {
    let failure = ConversationJudgement.late(stage, limitUs: 2_500_000)
    #expect(failure.reason == reason)
    #expect(failure.detail.hasPrefix("no answer within 2500 ms: "))
  }

  static let alerts: [(UInt8, Reason)] = [
    (40, .tlsFailed), (42, .tlsClientCertificate), (48, .tlsClientCertificate), (70, .tlsVersion),
    (71, .tlsCipher), (80, .tlsFailed), (116, .tlsClientCertificate), (255, .tlsFailed),
  ]

  @Test(arguments: alerts)
  func `alerts are told apart`(number: UInt8, reason: Reason) {
    #expect(ConversationJudgement.failure(of: HandshakeTrouble.alert(number)).reason == reason)
  }

  static let chains: [(Int, Reason)] = [
    (9, .tlsNotYetValid), (10, .tlsExpired), (18, .tlsSelfSigned), (19, .tlsUnknownIssuer),
    (20, .tlsUnknownIssuer), (21, .tlsUnknownIssuer), (23, .tlsRevoked), (62, .tlsNameMismatch),
    (64, .tlsNameMismatch), (66, .tlsWeak), (68, .tlsWeak), (24, .tlsChain), (26, .tlsChain),
  ]

  @Test(arguments: chains)
  func `what is wrong with a chain is named`(code: Int, reason: Reason) {
    let failure = ConversationJudgement.failure(of: .certificate(code: code, "words"))
    #expect(failure.reason == reason)
    #expect(failure.detail.contains("words"))
  }

  @Test func `a reset is named by what it broke`() {
    let reset = SocketTrouble.connection(.reset)
    #expect(ConversationJudgement.failure(of: reset, at: .encrypting).reason == .tlsReset)
    #expect(
      ConversationJudgement.failure(of: reset, at: .talking(hasHeard: true)).reason == .tcpReset)
    #expect(
      ConversationJudgement.failure(of: .connection(.timedOut), at: .talking(hasHeard: true)).reason
        == .tcpFailed)
  }

  @Test func `no sentence is longer than is carried`() {
    let long = String(repeating: "\u{1f600}", count: 500)
    for trouble in [
      HandshakeTrouble.certificate(code: 62, long), .certificate(code: 1, long), .weak(long),
      .own(long),
      .other(long), .identity(long), .authorities(long), .status(.invalid(long)),
    ] {
      #expect(ConversationJudgement.failure(of: trouble).detail.utf8.count <= 255)
    }
    var search = Search(.bytes([UInt8](repeating: 1, count: 300)))
    _ = search.take([UInt8](repeating: 2, count: 300)[...])
    #expect(search.failure("the connection was closed").detail.utf8.count <= 255)
  }
}

@Suite struct DatagramRunTests {
  private static func run(
    _ expectation: AwaitedText?, resends: Int = 0, limitUs: Int64 = 3_000_000
  ) -> DatagramRun {
    let plan = DatagramPlan(
      addresses: [first], port: 1, limitUs: limitUs, payload: [1], expectation: expectation,
      resends: resends)
    return DatagramRun(plan, nowUs: 0, deadlineUs: limitUs)
  }

  private static func reason(_ steps: [DatagramRun.Step]) -> Reason? {
    guard case .end(let failure) = steps.last else { return nil }
    return failure?.reason
  }

  @Test func `without an expectation silence is listened to for a second`() {
    var run = Self.run(nil)
    #expect(run.wakeUs == 1_000_000)
    #expect(run.passed(nowUs: 999_999) == [])
    #expect(run.passed(nowUs: 1_000_000) == [.end(nil)])
    #expect(run.refused() == [])
    var short = Self.run(nil, limitUs: 300_000)
    #expect(short.passed(nowUs: 300_000) == [.end(nil)])
    var refused = Self.run(nil)
    #expect(Self.reason(refused.refused()) == .udpRefused)
    var answered = Self.run(nil)
    #expect(answered.received([]) == [.end(nil)])
  }

  @Test func `one datagram must hold all that is expected`() throws {
    var run = Self.run(.bytes([1, 2]))
    #expect(run.received([0, 1]) == [])
    #expect(run.received([2, 1]) == [])
    #expect(run.received([0, 1, 2]) == [.end(nil)])
    var whole = Self.run(try pattern("^ab$"))
    #expect(whole.received(text("abc")) == [])
    #expect(whole.received(text("ab")) == [.end(nil)])
  }

  @Test func `it is sent again while nothing comes`() {
    var run = Self.run(.bytes([1]), resends: 2)
    #expect(run.wakeUs == 1_000_000)
    #expect(run.passed(nowUs: 1_000_000) == [.resend])
    #expect(run.passed(nowUs: 1_000_001) == [])
    #expect(run.passed(nowUs: 2_000_000) == [.resend])
    #expect(run.wakeUs == 3_000_000)
    #expect(Self.reason(run.passed(nowUs: 3_000_000)) == .timeoutAnswer)
    var heard = Self.run(.bytes([1]), resends: 2)
    _ = heard.received([0])
    #expect(heard.wakeUs == 3_000_000)
    #expect(heard.passed(nowUs: 1_500_000) == [])
    #expect(Self.reason(heard.passed(nowUs: 3_000_000)) == .assertMissing)
  }

  @Test func `a flood ends it`() {
    var run = Self.run(.bytes([1]))
    var steps: [DatagramRun.Step] = []
    for _ in 0..<64 { steps = run.received([0]) }
    #expect(Self.reason(steps) == .assertMissing)
  }
}

@Suite struct EchoTests {
  private static func hex(_ text: String) -> [UInt8] {
    text.split(separator: " ").flatMap { word in
      stride(from: 0, to: word.count, by: 2).compactMap { offset in
        let start = word.index(word.startIndex, offsetBy: offset)
        return UInt8(word[start..<word.index(start, offsetBy: 2)], radix: 16)
      }
    }
  }

  @Test func `a request has its numbers, its nonce and a right checksum`() {
    let message = EchoMessage.request(
      isIPv6: false, identifier: 0x1234, sequence: 0x0001, nonce: 0x0102_0304_0506_0708, size: 11)
    #expect(message.prefix(2) == [8, 0])
    #expect(message[4...] == [0x12, 0x34, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2])
    #expect(EchoMessage.checksum(message) == 0)
    // RFC 1071 section 3.
    #expect(EchoMessage.checksum([0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]) == ~0xddf2)
    let six = EchoMessage.request(isIPv6: true, identifier: 1, sequence: 2, nonce: 3, size: 0)
    #expect(six == [128, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3])
    #expect(
      EchoMessage.request(isIPv6: true, identifier: 1, sequence: 2, nonce: 3, size: .max).count
        == 65_008)
  }

  /// 192.0.2.1 asked; behind the header of version 4 with options where it says 46.
  private static let quote4 =
    "45000054 00000000 40010000 c0000202 c0000201 0800 ffff 1234 0007"
  private static let quote6 =
    "60000000 0040 3a 40 20010db8000000000000000000000002 20010db8000000000000000000000001"
    + " 8000 ffff 1234 0007"

  static let heard: [(String, Bool, Bool, EchoMessage.Heard?)] = [
    (
      "0000 0000 1234 0007 0000000000000009", false, false,
      .reply(identifier: 0x1234, sequence: 7, nonce: 9)
    ),
    (
      "45000024 00000000 40010000 c0000201 c0000202 0000 0000 1234 0007 0000000000000009", false,
      true, .reply(identifier: 0x1234, sequence: 7, nonce: 9)
    ),
    (
      "46000024 00000000 40010000 c0000201 c0000202 01010101 0000 0000 1234 0007 0000000000000009",
      false, true, .reply(identifier: 0x1234, sequence: 7, nonce: 9)
    ),
    (
      "8100 0000 1234 0007 0000000000000009", true, false,
      .reply(identifier: 0x1234, sequence: 7, nonce: 9)
    ),
    (
      "0300 0000 00000000 " + quote4, false, false,
      .failed(identifier: 0x1234, sequence: 7, to: first, "the network is unreachable")
    ),
    (
      "0b00 0000 00000000 " + quote4, false, false,
      .failed(identifier: 0x1234, sequence: 7, to: first, "its time to live ran out on the way")
    ),
    (
      "0100 0000 00000000 " + quote6, true, false,
      .failed(identifier: 0x1234, sequence: 7, to: third, "there is no route")
    ),
    (
      "0200 0000 00000500 " + quote6, true, false,
      .failed(identifier: 0x1234, sequence: 7, to: third, "the packet is too big for the way")
    ),
    (
      "0300 0000 00000000 " + quote6, true, false,
      .failed(identifier: 0x1234, sequence: 7, to: third, "its hop limit ran out on the way")
    ),
    // Requests, other messages, quotes of other protocols.
    ("0800 0000 1234 0007 0000000000000009", false, false, nil),
    ("8000 0000 1234 0007 0000000000000009", true, false, nil),
    ("0000 0000 1234 0007 0000000000000009", true, false, nil),
    ("0500 0000 00000000 " + quote4, false, false, nil),
    (
      "0303 0000 00000000 45000054 00000000 40110000 c0000202 c0000201 0800 ffff 1234 0007", false,
      false, nil
    ),
    (
      "0300 0000 00000000 45000054 00000000 40010000 c0000202 c0000201 0000 ffff 1234 0007", false,
      false, nil
    ),
    (
      "0300 0000 00000000 4f000054 00000000 40010000 c0000202 c0000201 0800 ffff 1234 0007", false,
      false, nil
    ),
  ]

  @Test(arguments: heard)
  func `replies and errors are read, and nothing else`(
    bytes: String, isIPv6: Bool, hasIPHeader: Bool, expected: EchoMessage.Heard?
  ) {
    let bytes = Self.hex(bytes)
    #expect(EchoMessage.heard(bytes, isIPv6: isIPv6, hasIPHeader: hasIPHeader) == expected)
    // Cut short anywhere it is nothing.
    for count in bytes.indices {
      #expect(
        EchoMessage.heard(Array(bytes[..<count]), isIPv6: isIPv6, hasIPHeader: hasIPHeader) == nil)
    }
  }

  static let statistics: [([Int64?], Int, [Int64?])] = [
    ([], 0, [nil, nil, nil, nil]), ([nil], 1_000, [nil, nil, nil, nil]),
    ([10], 0, [10, 10, 10, nil]), ([10, 20, 30], 0, [10, 20, 30, 10]),
    ([10, nil, 40], 333, [10, 25, 40, nil]), ([10, 30, nil, 5, 9], 200, [5, 13, 30, 12]),
  ]

  @Test(arguments: statistics)
  func `loss, round trips and jitter are counted`(
    trips: [Int64?], loss: Int, figures: [Int64?]
  ) {
    let found = EchoStatistics(roundTrips: trips, duplicates: 0)
    #expect(found.lossPermille == loss)
    #expect([found.leastUs, found.averageUs, found.mostUs, found.jitterUs] == figures)
  }

  private static func plan(count: Int = 3, lossLimit: Int = 400) -> EchoPlan {
    EchoPlan(
      addresses: [first], limitUs: 10_000_000, count: count, intervalUs: 100_000,
      timeoutUs: 500_000, lossLimitPermille: lossLimit)
  }

  @Test func `packets go at their interval, and it ends with the last reply`() {
    var run = EchoRun(Self.plan(), nowUs: 0, deadlineUs: 10_000_000)
    #expect(run.due(nowUs: 0) == 0)
    #expect(run.due(nowUs: 0) == nil)
    #expect(run.wakeUs == 100_000)
    run.replied(0, nowUs: 300)
    #expect(run.due(nowUs: 100_000) == 1)
    #expect(run.due(nowUs: 200_000) == 2)
    #expect(run.wakeUs == 700_000)
    run.replied(2, nowUs: 200_500)
    #expect(!run.isOver(nowUs: 300_000))
    run.replied(1, nowUs: 300_100)
    run.replied(1, nowUs: 300_200)
    run.replied(9, nowUs: 300_200)
    #expect(run.isOver(nowUs: 300_200))
    #expect(run.failure == nil)
    #expect(run.statistics.duplicates == 1)
    #expect(run.statistics.mostUs == 200_100)
  }

  @Test func `silence ends it, and losses are judged`() {
    for (replies, reason) in [(0, Reason.timeoutAnswer), (1, .icmpLoss), (2, nil), (3, nil)] {
      var run = EchoRun(Self.plan(), nowUs: 0, deadlineUs: 10_000_000)
      for index in 0..<3 { #expect(run.due(nowUs: Int64(index) * 100_000) == index) }
      for index in 0..<replies { run.replied(index, nowUs: 200_000) }
      #expect(run.isOver(nowUs: 699_999) == (replies == 3))
      #expect(run.isOver(nowUs: 700_000))
      #expect(run.failure?.reason == reason)
    }
  }

  @Test func `someone on the way may say that there is none`() {
    var run = EchoRun(Self.plan(count: 1), nowUs: 0, deadlineUs: 10_000_000)
    _ = run.due(nowUs: 0)
    run.failed(0, "the host is unreachable")
    #expect(run.isOver(nowUs: 1))
    #expect(run.failure?.reason == .netUnreachable)
    // A reply says more.
    run.replied(0, nowUs: 5)
    #expect(run.failure == nil)
  }

  @Test func `the limit ends it before all were sent`() {
    var run = EchoRun(Self.plan(count: 100), nowUs: 0, deadlineUs: 150_000)
    _ = run.due(nowUs: 0)
    run.replied(0, nowUs: 5)
    _ = run.due(nowUs: 100_000)
    run.replied(1, nowUs: 100_005)
    #expect(run.wakeUs == 150_000)
    #expect(run.isOver(nowUs: 150_000))
    #expect(run.due(nowUs: 200_000) == nil)
    #expect(run.failure == nil && run.statistics.sent == 2)
  }
}
