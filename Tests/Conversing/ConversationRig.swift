import AgentCore
import Conversing
import Dialogue
import Glibc
import Linux
import Model
import Testing

/// The engine with the loop that it needs, on the test's own thread.
final class ConversationRig: ConversationsDelegate {
  let conversations: Conversations
  let clock = AgentClock()
  private let queue: EventQueue
  private(set) var reports: [Conversations.Token: ConversationReport] = [:]
  /// Called with each report, on the loop.
  var onReport: ((Conversations.Token) -> Void)?

  init(allowsLoopback: Bool = true, caFile: String? = nil) throws {
    queue = try EventQueue()
    conversations = try Conversations(
      rules: AddressRules(allowsLoopback: allowsLoopback), clock: clock, caFile: caFile)
    conversations.delegate = self
    try queue.add(conversations.descriptor, for: .readable, token: 1)
  }

  func conversations(
    _ conversations: Conversations, ended report: ConversationReport,
    for token: Conversations.Token
  ) {
    #expect(reports[token] == nil)
    reports[token] = report
    onReport?(token)
  }

  /// Runs the loop until a condition holds.
  func run(seconds: Int64 = 60, until holds: () throws -> Bool) throws {
    let end = clock.nowMicroseconds() + seconds * 1_000_000
    while try !holds() {
      let nowUs = clock.nowMicroseconds()
      try #require(nowUs < end, "nothing came in \(seconds) s")
      let wakeUs = min(end, conversations.nextWakeUs ?? .max)
      _ = try queue.wait(nanoseconds: max(0, wakeUs - nowUs) * 1_000)
      conversations.turn()
    }
  }

  /// Has a conversation from begin to end; nothing of it may be left then.
  func converse(_ plan: ConversationPlan) throws -> ConversationReport {
    let token = conversations.begin(plan)
    try run { reports[token] != nil }
    #expect(conversations.inFlight == 0)
    return try #require(reports[token])
  }

  /// A conversation over one connection to a port of this host.
  func stream(
    _ port: UInt16, at addresses: [IPAddress] = [.loopback], tls: TLSPlan? = nil,
    script: [StreamStep] = [], webSocket: WebSocketPlan? = nil, limitMs: Int64 = 20_000
  ) throws -> ConversationReport {
    try converse(
      .stream(
        StreamPlan(
          addresses: addresses, port: port, limitUs: limitMs * 1_000, tls: tls,
          webSocket: webSocket, script: script)))
  }
}

extension IPAddress {
  static let loopback = IPAddress.ipv4(0x7f00_0001)
  static let loopback6 = IPAddress.ipv6(high: 0, low: 1)
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
  (0..<4_096).count { fcntl($0, F_GETFD) >= 0 }
}
