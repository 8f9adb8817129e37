import Dialogue
import Glibc
import Linux
import Model
import Testing

@testable import Conversing

@Suite struct TraceRunTests {
  /// One thing that happens, in milliseconds after the begin.
  enum Event: Sendable {
    case heard(Int, UInt32, TraceFinding, ms: Int64)
    case lost(Int, ms: Int64)
    case unsent(Int, String, ms: Int64)
    case passed(ms: Int64)
  }

  private static let plan = TracePlan(address: .ipv4(0xc000_0207), means: .tcp(port: 443))

  private static func run(
    _ events: [Event], _ plan: TracePlan = plan
  ) -> (TraceRun, [TraceRun.Step]) {
    var run = TraceRun(plan, deadlineUs: TracePlan.limitUs)
    var steps = run.begin(nowUs: 0)
    for event in events {
      switch event {
      case .heard(let hop, let host, let finding, let ms):
        steps += run.heard(
          hop, from: .ipv4(0x0a00_0000 | host), finding, nowUs: ms * 1_000)
      case .lost(let hop, let ms): steps += run.lost(hop, nowUs: ms * 1_000)
      case .unsent(let hop, let words, let ms):
        steps += run.unsent(hop, words, nowUs: ms * 1_000)
      case .passed(let ms): steps += run.passed(nowUs: ms * 1_000)
      }
    }
    return (run, steps)
  }

  /// What happens, the hops that are asked, and the table behind its heading; `nil` while it goes on.
  static let rows: [([Event], asked: Int, table: String?)] = [
    ([], 10, nil),
    ([.passed(ms: 899)], 10, nil),
    ([.passed(ms: 900)], 20, nil),
    ([.passed(ms: 900), .passed(ms: 1_800), .passed(ms: 2_700)], 30, "1-30  *\n"),
    // Late, it asks no more.
    ([.passed(ms: 3_000)], 10, "1-10  *\n"),
    ([.passed(ms: 2_500), .passed(ms: 3_000)], 20, "1-20  *\n"),
    // The way in order, and a hop behind the target that says the same again.
    (
      [
        .heard(1, 1, .passed, ms: 1), .heard(2, 2, .passed, ms: 12),
        .heard(3, 3, .arrived("refused"), ms: 20), .heard(4, 3, .arrived("refused"), ms: 20),
      ], 12, "1  10.0.0.1  1.0\n2  10.0.0.2  12.0\n3  10.0.0.3  20.0  refused\n"
    ),
    // The end is heard first: what lies before it is waited for, what lies behind is not.
    (
      [
        .heard(5, 5, .arrived("connected"), ms: 3), .heard(3, 3, .arrived("connected"), ms: 4),
        .heard(2, 2, .passed, ms: 5),
      ], 10, nil
    ),
    (
      [
        .heard(5, 5, .arrived("connected"), ms: 3), .heard(3, 3, .arrived("connected"), ms: 4),
        .heard(2, 2, .passed, ms: 5), .passed(ms: 900),
      ], 10, "1  *\n2  10.0.0.2  5.0\n3  10.0.0.3  4.0  connected\n"
    ),
    ([.heard(1, 1, .blocked("prohibited"), ms: 7)], 10, "1  10.0.0.1  7.0  prohibited\n"),
    // Who is heard after the way ended, or twice, or was never asked, changes nothing.
    (
      [
        .heard(1, 1, .arrived("connected"), ms: 1), .heard(2, 2, .passed, ms: 2),
        .heard(1, 9, .passed, ms: 3), .heard(0, 9, .passed, ms: 3), .heard(31, 9, .passed, ms: 3),
        .lost(1, ms: 4), .unsent(1, "x", ms: 4), .passed(ms: 5),
      ], 10, "1  10.0.0.1  1.0  connected\n"
    ),
    // One silent hop at the end, and several.
    (
      [.heard(1, 1, .passed, ms: 0), .lost(2, ms: 1), .unsent(3, "no files", ms: 1)], 12,
      "1  10.0.0.1  0.0\n2  *\nthe agent could not send: no files\n"
    ),
    ([.unsent(1, "no way", ms: 1)], 10, "the agent could not send: no way\n"),
    (
      [.unsent(9, "no files", ms: 1), .heard(2, 2, .passed, ms: 2), .passed(ms: 900)], 10,
      "1  *\n2  10.0.0.2  2.0\n3-8  *\nthe agent could not send: no files\n"
    ),
  ]

  @Test(arguments: rows)
  func `hops are asked, waited for and told`(
    events: [Event], asked: Int, table: String?
  ) {
    let (run, steps) = Self.run(events)
    let sent = steps.compactMap { step -> Int? in
      if case .send(let hop) = step { hop } else { nil }
    }
    #expect(sent == Array(1...asked))
    #expect(run.isOver == (table != nil))
    #expect((run.wakeUs == .max) == run.isOver)
    #expect(steps.count { $0 == .finish } == (run.isOver ? 1 : 0))
    if let table {
      #expect(String(decoding: run.table, as: UTF8.self) == "tcp 192.0.2.7 443\n" + table)
      #expect(steps.last == .finish)
    }
    // Whatever was opened is closed, once.
    var open: Set<Int> = []
    for step in steps {
      switch step {
      case .send(let hop): #expect(open.insert(hop).inserted)
      case .close(let hop): #expect(open.remove(hop) != nil)
      case .finish: #expect(open.isEmpty)
      }
      #expect(open.count <= TraceRun.mostOpen)
    }
  }

  @Test func `the longest table keeps within its bound`() {
    let address = IPAddress.ipv6(high: 0x2001_0db8_1111_2222, low: 0x3333_4444_5555_6666)
    var run = TraceRun(
      TracePlan(address: address, means: .udp), deadlineUs: TracePlan.limitUs)
    _ = run.begin(nowUs: 0)
    for hop in 1...29 { _ = run.heard(hop, from: address, .passed, nowUs: 2_900_000) }
    _ = run.heard(30, from: address, .blocked("unreachable, code 255"), nowUs: 2_999_999)
    #expect(run.isOver)
    let table = String(decoding: run.table, as: UTF8.self)
    #expect(table.utf8.count <= TraceRun.tableLimit)
    #expect(table.hasPrefix("udp 2001:db8:1111:2222:3333:4444:5555:6666\n1  2001:"))
    #expect(table.hasSuffix("  unreachable, code 255\n"))
    #expect(table.utf8.count { $0 == 10 } == 31)
  }

  /// A message's family, type and code, whether the target sent it, and what it says.
  static let messages: [(Bool, UInt8, UInt8, Bool, TraceFinding?)] = [
    (false, 11, 0, false, .passed), (false, 11, 1, false, nil), (true, 3, 0, false, .passed),
    (true, 3, 1, false, nil), (false, 3, 3, true, .arrived("port unreachable")),
    (false, 3, 3, false, .blocked("port unreachable")),
    (true, 1, 4, true, .arrived("port unreachable")),
    (false, 3, 0, false, .blocked("network unreachable")),
    (true, 1, 0, false, .blocked("network unreachable")),
    (false, 3, 1, false, .blocked("host unreachable")),
    (true, 1, 3, false, .blocked("host unreachable")),
    (false, 3, 13, false, .blocked("prohibited")),
    (false, 3, 10, true, .arrived("prohibited")), (true, 1, 1, false, .blocked("prohibited")),
    (false, 3, 4, false, nil), (false, 3, 200, false, .blocked("unreachable, code 200")),
    (true, 1, 6, false, .blocked("unreachable, code 6")), (false, 0, 0, true, nil),
    (false, 12, 0, false, nil), (true, 2, 0, false, nil), (true, 129, 0, true, nil),
  ]

  @Test(arguments: messages)
  func `what a message says of the way`(
    isIPv6: Bool, type: UInt8, code: UInt8, isFromTarget: Bool, finding: TraceFinding?
  ) {
    #expect(
      TraceFinding(isIPv6: isIPv6, type: type, code: code, isFromTarget: isFromTarget) == finding)
  }
}

extension SocketTests {
  /// Traces over real sockets. Those through routers need a network namespace, and are skipped where
  /// none can be made.
  @Suite struct TraceTests {
    /// The lines of a trace, the times left out.
    private static func trace(
      _ address: IPAddress, _ means: TracePlan.Means, allowsLoopback: Bool = true
    ) throws -> [String] {
      let rig = try ConversationRig(allowsLoopback: allowsLoopback)
      let report = try rig.converse(.trace(TracePlan(address: address, means: means)))
      #expect(report.totalUs < 60_000_000)
      let lines = String(decoding: report.trace, as: UTF8.self).split(separator: "\n")
      return lines.map { line in
        let words = line.split(separator: " ")
        guard words.count >= 3, let hop = words.first, Int(hop) != nil else { return String(line) }
        #expect(Double(words[2]) != nil, "\(line)")
        return (words[..<2] + words[3...]).joined(separator: " ")
      }
    }

    @Test(arguments: [false, true])
    func `a target on this host is one hop away`(isIPv6: Bool) throws {
      guard let server = try? PeerServer(isIPv6: isIPv6, [.hold]) else { return }
      let address: IPAddress = isIPv6 ? .loopback6 : .loopback
      #expect(
        try Self.trace(address, .tcp(port: server.port))
          == ["tcp \(address) \(server.port)", "1 \(address) connected"])
      server.stop()
      #expect(
        try Self.trace(address, .tcp(port: server.port))
          == ["tcp \(address) \(server.port)", "1 \(address) refused"])
      let datagrams = try Self.trace(address, .udp)
      #expect(datagrams.first == "udp \(address)")
      // Somebody may have taken the first of the ports.
      #expect(datagrams.last?.hasSuffix(" \(address) port unreachable") == true, "\(datagrams)")
    }

    @Test func `what may not be asked is not traced`() throws {
      #expect(try Self.trace(.loopback, .udp, allowsLoopback: false) == [])
      #expect(try Self.trace(.ipv4(0xa9fe_a9fe), .tcp(port: 80)) == [])
    }

    /// Where to, by what, and the lines.
    static let ways: [(IPAddress, TracePlan.Means, [String])] = [
      (
        .ipv4(0x0a4d_0302), .udp,
        ["udp 10.77.3.2", "1 10.77.1.2", "2 10.77.2.2", "3 10.77.3.2 port unreachable"]
      ),
      (
        .ipv4(0x0a4d_0302), .tcp(port: 9),
        ["tcp 10.77.3.2 9", "1 10.77.1.2", "2 10.77.2.2", "3 10.77.3.2 refused"]
      ),
      (
        .ipv6(high: 0xfd77_0003_0000_0000, low: 2), .udp,
        ["udp fd77:3::2", "1 fd77:1::2", "2 fd77:2::2", "3 fd77:3::2 port unreachable"]
      ),
      (
        .ipv6(high: 0xfd77_0003_0000_0000, low: 2), .tcp(port: 9),
        ["tcp fd77:3::2 9", "1 fd77:1::2", "2 fd77:2::2", "3 fd77:3::2 refused"]
      ),
      // Nobody has this address: the last router looks for it for longer than is waited.
      (
        .ipv4(0x0a4d_0309), .tcp(port: 80),
        ["tcp 10.77.3.9 80", "1 10.77.1.2", "2 10.77.2.2", "3-30  *"]
      ),
      // The second router lets nothing through to these, the first knows no way to those.
      (
        .ipv4(0x0a4d_0402), .tcp(port: 80),
        ["tcp 10.77.4.2 80", "1 10.77.1.2", "2 10.77.2.2 prohibited"]
      ),
      (.ipv4(0x0a4d_0502), .udp, ["udp 10.77.5.2", "1 10.77.1.2 network unreachable"]),
    ]

    @Test(
      .enabled(if: NetworkWay.missing == nil, "network namespaces can't be made here"),
      arguments: ways)
    func `the hosts on the way are told`(
      address: IPAddress, means: TracePlan.Means, lines: [String]
    ) async throws {
      let found = try await NetworkWay.run { Result { try Self.trace(address, means) } }
      #expect(try found.get() == lines)
    }

    @Test(.enabled(if: NetworkWay.missing == nil, "network namespaces can't be made here"))
    func `a host without any way says so`() async throws {
      let found = try await NetworkWay.run {
        Result { try Self.trace(.ipv4(0xc633_6401), .tcp(port: 80)) }
      }
      let lines = try found.get()
      #expect(lines.count == 2)
      #expect(
        lines.last?.hasPrefix("the agent could not send: ") == true
          && lines.last?.hasSuffix("Network is unreachable") == true, "\(lines)")
    }
  }
}
