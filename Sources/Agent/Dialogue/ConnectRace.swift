import AgentCore
import Model

/// One address that was tried.
public struct ConnectAttempt: Hashable, Sendable {
  public enum End: Hashable, Sendable {
    /// Not known yet; at the end of a conversation: nothing came of it.
    case open
    case connected
    case failed(SocketTrouble)
    /// The agent does not connect to it.
    case barred(AddressRule)
    /// Another was faster.
    case abandoned
  }

  public var address: IPAddress
  public var end = End.open
  /// From the conversation's begin until it was tried, in microseconds.
  public var beganUs: Int64
  /// From then until its end.
  public var tookUs: Int64 = 0

  public init(_ address: IPAddress, beganUs: Int64) {
    self.address = address
    self.beganUs = beganUs
  }
}

/// Tries addresses beside each other, each a moment after the one before or as soon as that has
/// failed; the first to connect wins (RFC 8305).
public struct ConnectRace: Sendable {
  /// How long an address is tried alone.
  public static let headStartUs: Int64 = 200_000
  public static let mostAddresses = 16

  public private(set) var attempts: [ConnectAttempt] = []
  public private(set) var winner: Int?
  private let addresses: [IPAddress]
  private let begunUs: Int64
  /// When the next address may be tried.
  private var nextUs: Int64

  public init(_ addresses: [IPAddress], nowUs: Int64) {
    self.addresses = Array(addresses.prefix(Self.mostAddresses))
    begunUs = nowUs
    nextUs = nowUs
  }

  /// The next address to be tried, where its time has come; tell what becomes of it by its number.
  public mutating func due(nowUs: Int64) -> (number: Int, address: IPAddress)? {
    guard winner == nil, attempts.count < addresses.count, nowUs >= nextUs else { return nil }
    let number = attempts.count
    attempts.append(ConnectAttempt(addresses[number], beganUs: nowUs - begunUs))
    nextUs = nowUs + Self.headStartUs
    return (number, addresses[number])
  }

  /// When `due` has something new; `nil` never.
  public var wakeUs: Int64? {
    winner == nil && attempts.count < addresses.count ? nextUs : nil
  }

  public mutating func connected(_ number: Int, nowUs: Int64) {
    guard winner == nil else { return }
    end(number, .connected, nowUs)
    winner = number
    for other in attempts.indices where attempts[other].end == .open {
      end(other, .abandoned, nowUs)
    }
  }

  public mutating func failed(_ number: Int, _ trouble: SocketTrouble, nowUs: Int64) {
    end(number, .failed(trouble), nowUs)
    nextUs = min(nextUs, nowUs)
  }

  public mutating func barred(_ number: Int, by rule: AddressRule, nowUs: Int64) {
    end(number, .barred(rule), nowUs)
    nextUs = min(nextUs, nowUs)
  }

  private mutating func end(_ number: Int, _ end: ConnectAttempt.End, _ nowUs: Int64) {
    guard attempts.indices.contains(number), attempts[number].end == .open else { return }
    attempts[number].end = end
    attempts[number].tookUs = nowUs - begunUs - attempts[number].beganUs
  }

  /// Whether nothing can come of it any more.
  public var isLost: Bool {
    winner == nil && attempts.count == addresses.count && !attempts.contains { $0.end == .open }
  }

  /// The address that was connected to, or else the last that was tried and not barred.
  public var decisive: IPAddress? {
    if let winner { return attempts[winner].address }
    return attempts.last { attempt in
      if case .barred = attempt.end { false } else { true }
    }?.address
  }

  /// Why there is no connection, once it is lost. The agent's own trouble decides before all else: what
  /// the address would have said is not known. Then whatever says the most about the target.
  public var failure: Failure {
    var best: (rank: Int, failure: Failure)?
    for attempt in attempts {
      let found: (rank: Int, failure: Failure)
      switch attempt.end {
      case .open, .connected, .abandoned: continue
      case .barred(let rule):
        found = (0, ConversationJudgement.failure(barred: attempt.address, by: rule))
      case .failed(let trouble):
        found = (Self.rank(trouble), ConversationJudgement.failure(of: trouble))
      }
      if found.rank >= best?.rank ?? 0 { best = found }
    }
    return best?.failure ?? Failure(.agentFailed, detail: "there is no address to connect to")
  }

  private static func rank(_ trouble: SocketTrouble) -> Int {
    if trouble.isOwn { return 4 }
    return switch trouble {
    case .connection(.unreachable): 1
    case .connection(.timedOut): 2
    default: 3
    }
  }
}
