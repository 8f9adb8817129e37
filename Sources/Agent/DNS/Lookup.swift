import Model

/// One question put to name servers until it is answered or its time is up, as a value: it is told what
/// came and how late it is, and says what is to be done.
///
/// It begins with `begin` and ends with the one `finish`, after which nothing changes it. Several
/// questions may be out at once, since an earlier one is still heard when the next server is asked. An
/// answer counts only if it comes from the server that was asked, to the port it was asked from, with
/// the id, name, type and class of the question.
public struct Lookup: Sendable {
  /// What is to be done. Attempts are numbered from 0 in the order of their questions.
  public enum Step: Hashable, Sendable {
    /// Send this over UDP, from a port that no other attempt uses.
    case send(attempt: Int, message: [UInt8], to: ServerAddress)
    /// Connect over TCP, and send this behind its length in two bytes (RFC 1035 section 4.2.2).
    case connect(attempt: Int, message: [UInt8], to: ServerAddress)
    /// Carry this over the transport named, which is an encrypted one, to a server that proves its
    /// identity; what comes back is one message.
    case exchange(attempt: Int, message: [UInt8], to: ServerAddress, over: LookupTransport)
    /// Hear no more of this one.
    case close(attempt: Int)
    case finish(LookupReport)
  }

  /// Questions that one lookup sends at most, whatever aliases and servers say.
  static let mostAttempts = 64
  /// Those that are out at once; each has a socket.
  static let mostOpen = 3
  /// So many messages that answer nothing end an attempt: someone floods its port.
  static let mostIgnored = 64

  public let name: DomainName
  public let type: RecordType
  public let servers: [ServerAddress]
  public let policy: LookupPolicy
  public let deadlineUs: Int64

  enum State { case new, asking, finished }
  /// `new` until it begins, `asking` while attempts are open, `finished` after its report.
  var state = State.new
  var startedUs: Int64 = 0
  /// When the next question is sent if none was answered.
  var retryAtUs: Int64 = 0

  /// What is asked for now: the name, or where an alias led.
  var current: DomainName
  var visited: [DomainName]
  var aliases: [ResourceRecord] = []

  var attempts: [Attempt] = []
  var standings: [Standing]
  /// The server that is asked next, unless it has failed.
  var turn: Int
  var ignored = 0
  var response: (message: DNSMessage, attempt: Int)?

  /// One question that was sent.
  struct Attempt {
    var server: Int
    var transport: LookupTransport
    var query: DNSQuery
    var cookie: UInt64?
    var atUs: Int64
    var tookUs: Int64?
    var ending: LookupAttempt.Ending = .unanswered
    var ignored = 0

    var isOpen: Bool { tookUs == nil }
  }

  /// Why a server is asked over TCP that was first asked over UDP.
  enum TCPNeed {
    /// Its answer does not fit into a datagram.
    case truncation
    /// It trusts no datagram of ours, cookies or not.
    case cookie
  }

  /// What is known of one server.
  struct Standing {
    var tries = 0
    /// Why it is not asked again.
    var failure: LookupFailure?
    /// It does not know EDNS.
    var isPlain = false
    var needsTCP: TCPNeed?
    var clientCookie: UInt64?
    var serverCookie: [UInt8] = []
  }

  /// - Parameters:
  ///   - servers: at most 16 of them are asked, one after the other.
  ///   - first: which of them is asked first.
  ///   - deadlineUs: when it is given up, on the clock that every event is stamped by.
  public init(
    _ name: DomainName, _ type: RecordType, servers: [ServerAddress], first: Int = 0,
    policy: LookupPolicy = LookupPolicy(), deadlineUs: Int64
  ) {
    self.name = name
    self.type = type
    self.servers = Array(servers.prefix(16))
    self.policy = policy
    self.deadlineUs = deadlineUs
    current = name
    visited = [name]
    standings = Array(repeating: Standing(), count: self.servers.count)
    turn = self.servers.isEmpty ? 0 : Int(first.magnitude % UInt(self.servers.count))
  }

  /// When it wants to be told that time has passed; `nil` once it has ended.
  public var wakeUs: Int64? {
    switch state {
    case .new: deadlineUs
    case .asking: min(deadlineUs, retryAtUs)
    case .finished: nil
    }
  }

  // MARK: Events

  /// Sends the first question.
  public mutating func begin(
    nowUs: Int64, using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    switch state {
    case .asking, .finished: return []
    case .new: break
    }
    state = .asking
    startedUs = nowUs
    var steps: [Step] = []
    if servers.isEmpty {
      finish(.noServer, nowUs, &steps)
    } else if nowUs >= deadlineUs || !askNext(nowUs, &generator, &steps) {
      finish(.timeout, nowUs, &steps)
    }
    return steps
  }

  /// A message came to an attempt: a datagram from some sender, or what the server sent over TCP.
  public mutating func received(
    _ bytes: [UInt8], from sender: IPAddress, port: UInt16, on attempt: Int, nowUs: Int64,
    using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    guard isOpen(attempt) else { return [] }
    var steps: [Step] = []
    let server = servers[attempts[attempt].server]
    guard sender == server.address, port == server.port else {
      ignore(attempt, nowUs, &generator, &steps)
      return steps
    }
    take(bytes, attempt, nowUs, &generator, &steps)
    return steps
  }

  /// The message that was brought back for an attempt whose server proved who it is.
  public mutating func received(
    _ bytes: [UInt8], on attempt: Int, nowUs: Int64,
    using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    guard isOpen(attempt) else { return [] }
    var steps: [Step] = []
    take(bytes, attempt, nowUs, &generator, &steps)
    return steps
  }

  /// An attempt's socket failed, or could not be made.
  public mutating func broke(
    _ attempt: Int, _ trouble: AskingTrouble, nowUs: Int64,
    using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    guard isOpen(attempt) else { return [] }
    var steps: [Step] = []
    var failure = trouble.failure
    if standings[attempts[attempt].server].needsTCP == .truncation, !failure.isOwn {
      failure = .truncated("\(failure)")
    }
    fail(attempt, failure, nowUs, &generator, &steps)
    return steps
  }

  /// Time has passed, `wakeUs` perhaps.
  public mutating func passed(
    nowUs: Int64, using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    switch state {
    case .new, .finished: return []
    case .asking: break
    }
    var steps: [Step] = []
    if nowUs >= deadlineUs {
      finish(worstFailure, nowUs, &steps)
    } else if nowUs >= retryAtUs, !askNext(nowUs, &generator, &steps) {
      // All were asked as often as they may be; they are heard until the time is up.
      retryAtUs = .max
      if !attempts.contains(where: \.isOpen) { finish(worstFailure, nowUs, &steps) }
    }
    return steps
  }

  /// Ends it, since the caller knows why it can't go on.
  public mutating func giveUp(_ failure: LookupFailure, nowUs: Int64) -> [Step] {
    switch state {
    case .finished: return []
    case .new: startedUs = nowUs
    case .asking: break
    }
    var steps: [Step] = []
    finish(failure, nowUs, &steps)
    return steps
  }

  /// Why there is no answer yet, as it would be told if time were up now.
  public var failureSoFar: LookupFailure { worstFailure }

  /// The questions that were sent until now.
  public func attemptsSoFar(nowUs: Int64) -> [LookupAttempt] {
    attempts.map {
      LookupAttempt(
        server: servers[$0.server], transport: $0.transport, atUs: $0.atUs - startedUs,
        tookUs: $0.tookUs ?? max(0, nowUs - $0.atUs), ending: $0.ending)
    }
  }

  private func isOpen(_ attempt: Int) -> Bool {
    switch state {
    case .new, .finished: false
    case .asking: attempts.indices.contains(attempt) && attempts[attempt].isOpen
    }
  }
}
