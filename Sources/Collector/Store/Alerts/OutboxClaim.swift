public import Alerts

/// What one worker is to send to one channel now, under a lease that nobody else has.
public struct OutboxClaim: Hashable, Sendable {
  public var lease: LeaseID
  public var channel: ChannelRecord
  /// To be sent in this order, each after `Outbox.begin` and before `Outbox.settle`.
  public var messages: [ChannelOutbox.Message]
}

/// Which of a collector's workers looks for a channel, and so which it may take.
///
/// A receiver that hangs holds a worker for as long as an attempt lasts. So no organization is sent to by
/// more than half as many workers as a collector has, and the first of several takes no channel that did
/// not answer.
public struct OutboxWorker: Hashable, Sendable {
  /// From 0.
  public var index: Int
  /// How many the collector has.
  public var count: Int

  public init(index: Int, of count: Int) {
    self.index = index
    self.count = count
  }

  /// To how many channels of one organization all collectors send at once.
  var share: Int { max(1, count / 2) }

  /// Whether it takes channels whose last attempt had no answer.
  var takesUnanswered: Bool { index > 0 || count <= 1 }
}

/// How long workers hold channels, and when they try again.
public struct OutboxPace: Hashable, Sendable {
  /// How long a lease lasts from each `begin`; longer than any attempt.
  public var leaseSeconds: Int64
  public var retries: RetrySchedule

  public init(leaseSeconds: Int64 = 30, retries: RetrySchedule = .standard) {
    self.leaseSeconds = leaseSeconds
    self.retries = retries
  }

  /// How long a channel rests after so many attempts in a row that had no answer, seconds: a receiver
  /// that hangs must not hold up the workers.
  static func rest(afterUnanswered count: Int32) -> Int64 {
    min(5 << Int64(min(max(count, 1), 8) - 1), 300)
  }
}

/// Where people read more of what they are told: addresses below the collector's own.
public struct AlertPlaces: Hashable, Sendable {
  /// Such as `https://upblit.example.org`; `nil` where it is not known.
  public var origin: String?

  public init(origin: String?) {
    self.origin = origin
  }

  /// Where all that is wrong is to be read.
  public var listLink: String? { origin.map { "\($0)/incidents" } }

  func link(of notice: NoticeQueries.Record) -> String? {
    origin.map { origin in
      notice.incident.map { "\(origin)/incidents/\($0)" }
        ?? "\(origin)/monitors/\(notice.monitor)"
    }
  }
}
