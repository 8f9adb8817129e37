import AgentCore
import Dialogue
import Linux

/// One conversation under way, as the engine sees it.
protocol Conversation: AnyObject {
  /// When `passed` wants to be called.
  var wakeUs: Int64 { get }
  /// Set once it is over; all its descriptors are closed by then.
  var report: ConversationReport? { get }

  func begin(nowUs: Int64)
  /// One of its sockets is ready.
  func ready(_ slot: Int, _ readiness: Readiness, nowUs: Int64)
  /// Time has passed.
  func passed(nowUs: Int64)
}

/// What conversations need of the engine that runs them.
final class ConversationHost {
  let queue: EventQueue
  let rules: AddressRules
  let clock: AgentClock
  let contexts: TLSContexts
  let echoes: EchoSockets
  var generator = SystemRandomNumberGenerator()
  /// Where bytes are received, one conversation after the other; made when it is first needed.
  private(set) lazy var buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 1 << 16, alignment: 16)
  private var hasBuffer = false

  init(rules: AddressRules, clock: AgentClock, caFile: String?) throws(SystemError) {
    queue = try EventQueue()
    self.rules = rules
    self.clock = clock
    contexts = TLSContexts(agentFile: caFile)
    echoes = EchoSockets(queue)
  }

  /// Echoes that came while others were still being sent, with their time; `takeEarlyEchoes` empties it.
  private var earlyEchoes: [(echo: EchoSockets.Heard, atUs: Int64)] = []
  /// Requests after which their replies are read, wherever the loop is.
  private static let mostUnread = 32

  var hasEarlyEchoes: Bool { !earlyEchoes.isEmpty }

  func takeEarlyEchoes() -> [(echo: EchoSockets.Heard, atUs: Int64)] {
    defer { earlyEchoes = [] }
    return earlyEchoes
  }

  /// Reads replies before there are more than the kernel keeps.
  func hearEchoesIfMany() {
    guard echoes.unreadCount >= Self.mostUnread else { return }
    let nowUs = clock.nowMicroseconds()
    for token in echoes.tokens {
      earlyEchoes += withBuffer { echoes.read(token, into: $0) }.map { ($0, nowUs) }
    }
  }

  deinit {
    if hasBuffer { buffer.deallocate() }
  }

  /// Lends the buffer.
  func withBuffer<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    hasBuffer = true
    return body(buffer)
  }

  /// The token under which a conversation's socket is watched.
  static func token(_ number: UInt64, _ slot: Int) -> UInt64 {
    number << 8 | UInt64(slot & 255)
  }
}
