/// Something that one channel is still to say, as its outbox keeps it.
public struct PendingNotice: Hashable, Sendable {
  /// Names the message that is made for it: the same for every attempt.
  public var id: DeliveryID
  /// A notice, a reminder of it, or that somebody has it in hand.
  public var item: AlertItem
  /// Not before this: when it was decided, and the route's delay.
  public var dueAt: Int64
  /// After a failed attempt: not before this.
  public var retryAt: Int64?
  /// Whether an attempt had no answer, so that it may have been taken.
  public var mayHaveArrived: Bool

  public init(
    id: DeliveryID, item: AlertItem, dueAt: Int64, retryAt: Int64? = nil,
    mayHaveArrived: Bool = false
  ) {
    self.id = id
    self.item = item
    self.dueAt = dueAt
    self.retryAt = retryAt
    self.mayHaveArrived = mayHaveArrived
  }

  var number: Int64 { item.notice.number }

  /// Whether it repeats or accompanies a notice instead of being one.
  var isEcho: Bool {
    switch item.event {
    case .reminder, .acknowledged: true
    case .opened, .updated, .resolved, .missed: false
    }
  }
}

/// What a channel has delivered of one matter.
public struct ToldMatter: Hashable, Sendable {
  /// The number of the newest notice that was delivered, or that a delivered message stood for.
  public var number: Int64
  /// Whether that said that it is over.
  public var isOver: Bool

  public init(number: Int64, isOver: Bool) {
    self.number = number
    self.isOver = isOver
  }
}

/// One that is never to be sent.
public struct DroppedNotice: Hashable, Sendable {
  public var id: DeliveryID
  public var reason: Reason

  /// Why; what is stored as superseded tells it in `words`.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// The matter ended before it was sent, and one message says both.
    case ended
    /// A newer one of the same matter is said in its place.
    case replaced
    /// Something newer of the matter was delivered already.
    case stale
    /// The matter ended within the delay that its route grants.
    case brief

    public var words: String {
      switch self {
      case .ended: "it ended before this was sent: the message of its end says both"
      case .replaced: "something newer is said in its place"
      case .stale: "something newer was sent already"
      case .brief: "it ended within the delay of its route"
      }
    }
  }
}
