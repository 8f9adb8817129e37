import AgentCore
import Dialogue
import Linux

/// Takes what came of conversations, on the loop's thread.
public protocol ConversationsDelegate: AnyObject {
  /// A conversation is over. Called from `turn` alone, once a token; it may begin and cancel others.
  func conversations(
    _ conversations: Conversations, ended report: ConversationReport,
    for token: Conversations.Token)
}

/// Speaks with targets over sockets of its own, without a thread: the loop that owns it watches one
/// descriptor and one time, and calls `turn`.
///
/// Not `Sendable`: it belongs to the loop's thread.
public final class Conversations {
  /// Names one conversation.
  public struct Token: Hashable, Sendable {
    let number: UInt64
  }

  private struct Running {
    let conversation: any Conversation
    /// The earliest time for which it stands in the heap.
    var heapUs = Int64.max
  }

  /// Not retained; must live at least as long as `turn` is called.
  public unowned(unsafe) var delegate: (any ConversationsDelegate)?

  private let host: ConversationHost
  private var running: [UInt64: Running] = [:]
  private var heap = WakeHeap()
  private var outbox: [(Token, ConversationReport)] = []
  private var lastNumber: UInt64 = 0

  /// - Parameters:
  ///   - rules: which addresses are connected to; judged on what the kernel is given, each time.
  ///   - caFile: the agent's certificate authorities in PEM; `nil` for those that OpenSSL knows.
  public init(rules: AddressRules, clock: AgentClock, caFile: String?) throws(SystemError) {
    host = try ConversationHost(rules: rules, clock: clock, caFile: caFile)
  }

  deinit {
    // While what they were given still is there.
    running = [:]
  }

  /// Watch this for `.readable`.
  public var descriptor: Int32 { host.queue.descriptor }

  /// When `turn` wants to be called, in agent time, even if the descriptor is silent; `nil` never.
  public var nextWakeUs: Int64? {
    outbox.isEmpty && !host.hasEarlyEchoes ? heap.first?.wakeUs : 0
  }

  /// Conversations that have begun and whose end was not told.
  public var inFlight: Int { running.count + outbox.count }

  /// Begins a conversation; its report comes from a later `turn`.
  public func begin(_ plan: ConversationPlan) -> Token {
    lastNumber += 1
    let token = Token(number: lastNumber)
    let nowUs = host.clock.nowMicroseconds()
    let deadlineUs = nowUs + plan.limitUs
    let conversation: any Conversation =
      switch plan {
      case .stream(let plan):
        StreamConversation(token.number, plan, host, nowUs: nowUs, deadlineUs: deadlineUs)
      case .datagram(let plan):
        DatagramConversation(token.number, plan, host, nowUs: nowUs, deadlineUs: deadlineUs)
      case .echo(let plan):
        EchoConversation(token.number, plan, host, nowUs: nowUs, deadlineUs: deadlineUs)
      case .trace(let plan):
        TraceConversation(token.number, plan, host, nowUs: nowUs, deadlineUs: deadlineUs)
      }
    running[token.number] = Running(conversation: conversation)
    conversation.begin(nowUs: nowUs)
    settle(token.number)
    return token
  }

  /// Wants no more of a conversation. Its report does not come.
  public func cancel(_ token: Token) {
    outbox.removeAll { $0.0 == token }
    running[token.number] = nil
    prune()
  }

  /// Goes on with what is ready and with what time has come for, and tells the delegate what is over.
  /// Call it when the descriptor is readable, and when `nextWakeUs` has come.
  public func turn() {
    // Fails only for a queue that is not there, which would be a mistake of this file.
    let count = (try? host.queue.wait(nanoseconds: 0)) ?? 0
    for index in 0..<count {
      let event = host.queue.event(index)
      let nowUs = host.clock.nowMicroseconds()
      let number = event.token >> 8
      guard number > 0 else {
        hear(event.token, nowUs)
        continue
      }
      running[number]?.conversation.ready(
        Int(event.token & 255), event.readiness, nowUs: nowUs)
      settle(number)
    }
    wake()
    while host.hasEarlyEchoes {
      for (echo, atUs) in host.takeEarlyEchoes() { hear(echo, atUs) }
    }
    // Those that end meanwhile are told next time.
    for _ in 0..<outbox.count where !outbox.isEmpty {
      let (token, report) = outbox.removeFirst()
      delegate?.conversations(self, ended: report, for: token)
    }
  }

  /// Echoes of all conversations come by the same sockets.
  private func hear(_ token: UInt64, _ nowUs: Int64) {
    let heard = host.withBuffer { host.echoes.read(token, into: $0) }
    for echo in heard { hear(echo, nowUs) }
  }

  private func hear(_ echo: EchoSockets.Heard, _ atUs: Int64) {
    (running[echo.number]?.conversation as? EchoConversation)?.heard(echo, nowUs: atUs)
    settle(echo.number)
  }

  private func wake() {
    let nowUs = host.clock.nowMicroseconds()
    while let entry = heap.first, entry.wakeUs <= nowUs {
      heap.removeFirst()
      guard let found = running[entry.number] else { continue }
      running[entry.number]?.heapUs = .max
      if found.conversation.wakeUs <= nowUs {
        // Many may wake at once, and each does something.
        found.conversation.passed(nowUs: host.clock.nowMicroseconds())
      }
      settle(entry.number)
    }
  }

  /// Looks at what has become of a conversation.
  private func settle(_ number: UInt64) {
    guard let found = running[number] else { return }
    if let report = found.conversation.report {
      running[number] = nil
      outbox.append((Token(number: number), report))
      prune()
    } else if found.conversation.wakeUs < found.heapUs {
      let wakeUs = found.conversation.wakeUs
      running[number]?.heapUs = wakeUs
      heap.insert(.init(wakeUs: wakeUs, number: number))
    }
  }

  /// Forgets the times of those that are over, once they are many.
  private func prune() {
    guard heap.count > 64 + 2 * running.count else { return }
    running = running.mapValues { one in
      Running(conversation: one.conversation, heapUs: one.conversation.wakeUs)
    }
    heap.prune(
      to: running.map { number, one in .init(wakeUs: one.heapUs, number: number) })
  }
}
