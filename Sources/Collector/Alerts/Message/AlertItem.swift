import Quorum

/// What a message is about: a notice, and on what occasion it is said.
public struct AlertItem: Hashable, Sendable {
  public var notice: AlertNotice
  public var event: AlertEvent

  public init(_ notice: AlertNotice, _ event: AlertEvent) {
    self.notice = notice
    self.event = event
  }

  /// A notice said in its turn.
  public init(_ notice: AlertNotice) {
    self.init(notice, AlertEvent(notice.kind))
  }

  /// How bad it is, in the four steps that most receivers know.
  public var severity: AlertSeverity {
    switch notice.verdict {
    case .down: .critical
    case .partial: .error
    case .regional, .degraded, .unknown: .warning
    case .up: .info
    }
  }
}

/// On what occasion something is said.
public enum AlertEvent: Hashable, Sendable {
  /// It is the first word of the matter.
  case opened
  /// The matter is another one than was told, or goes on in another way.
  case updated
  /// It is over.
  case resolved
  /// It is over, and nobody was told that it began: beginning and end in one message.
  case missed
  /// Nothing new: it still stands. Counts from 1.
  case reminder(Int)
  /// Somebody, by name if it may be told, has it in hand.
  case acknowledged(by: String?)

  /// The occasion of a notice that follows in its turn.
  init(_ kind: Notice.Kind) {
    switch kind {
    case .began: self = .opened
    case .worsened, .changed, .flapping: self = .updated
    case .ended, .steady: self = .resolved
    }
  }

  /// Whether nothing is wrong any more.
  public var isOver: Bool { self == .resolved || self == .missed }
}

/// How bad a matter is, worst first.
public enum AlertSeverity: String, Hashable, Sendable {
  case critical
  case error
  case warning
  case info
}
