/// Decides what one channel is to send now, of everything that it is still to say.
///
/// Each matter is told as `MatterOutbox` says. Of a monitor's matters that can be told now the oldest
/// comes first; one that waits to be tried again holds up no other. Where a channel joins, what is to be
/// said of many at once becomes one message that lists them: the first word goes out at once, and what
/// comes within `gatherMs` of it waits until then.
public enum ChannelOutbox {
  /// How long after a message a joining channel gathers what comes.
  public static let gatherMs: Int64 = 10_000
  /// From how many of one occasion on they are joined.
  public static let joinedFrom = 3

  /// What is to be done.
  public struct Decision: Hashable, Sendable {
    /// To be sent in this order: each is of other monitors, so none hangs on another. After all of them
    /// the caller decides anew, with what was told.
    public var send: [Message] = []
    /// Never to be sent, whatever becomes of `send`.
    public var dropped: [DroppedNotice] = []
    /// When to decide again if nothing happens; `nil` if only news changes anything.
    public var wakeAt: Int64?
  }

  /// One message.
  public struct Message: Hashable, Sendable {
    /// Of the first that it carries.
    public var id: DeliveryID
    /// What it says; several make a list.
    public var items: [AlertItem]
    /// All that it says: delivered when it is taken, failed when it is refused.
    public var carries: [DeliveryID]
    /// What it stands for: superseded when it is taken, failed when it is refused. Until then they wait
    /// with it, so that every attempt is decided on the same.
    public var replaces: [DroppedNotice]
  }

  /// - Parameters:
  ///   - pending: what the channel is still to say, in any order.
  ///   - told: what it has delivered, of the matters in `pending`.
  ///   - lastSentAt: when it last delivered anything.
  ///   - heldUntil: when its provider takes messages again, if it asked for a pause.
  ///   - joins: whether it joins (`ChannelLimits.joins`).
  public static func decide(
    _ pending: [PendingNotice], told: [IncidentKey: ToldMatter], lastSentAt: Int64?,
    heldUntil: Int64? = nil, joins: Bool, now: Int64
  ) -> Decision {
    var decision = Decision()
    var ready: [Ready] = []
    for monitor in Dictionary(grouping: pending, by: \.item.notice.monitor).values {
      decide(ofMonitor: monitor, told: told, now: now, ready: &ready, into: &decision)
    }
    ready.sort { $0.order < $1.order }
    decision.dropped.sort { $0.id < $1.id }
    if !ready.isEmpty, let pause = pause(lastSentAt, heldUntil, joins: joins, now: now) {
      decision.wakeAt = pause
      return decision
    }
    decision.send = joins ? joined(ready) : ready.map(message)
    return decision
  }

  /// One monitor's matters, in the order in which they were decided.
  private static func decide(
    ofMonitor pending: [PendingNotice], told: [IncidentKey: ToldMatter], now: Int64,
    ready: inout [Ready], into decision: inout Decision
  ) {
    let matters = Dictionary(grouping: pending, by: \.item.notice.key).sorted {
      ($0.value.map(\.number).min() ?? 0) < ($1.value.map(\.number).min() ?? 0)
    }
    var hasSent = false
    for (key, notices) in matters {
      let matter = MatterOutbox(notices, told: told[key], now: now)
      decision.dropped += matter.dropped
      let isLater = matter.hasMore || hasSent && matter.send != nil
      decision.wakeAt = earlier(decision.wakeAt, isLater ? now : matter.wakeAt)
      guard !hasSent, let one = matter.send else { continue }
      ready.append(Ready(one: one, replaced: matter.replaced))
      hasSent = true
    }
  }

  /// Until when nothing may be sent.
  private static func pause(
    _ lastSentAt: Int64?, _ heldUntil: Int64?, joins: Bool, now: Int64
  ) -> Int64? {
    if let heldUntil, heldUntil > now { return heldUntil }
    guard joins, let lastSentAt, lastSentAt <= now else { return nil }
    let (until, overflow) = lastSentAt.addingReportingOverflow(gatherMs)
    return !overflow && until > now ? until : nil
  }

  /// What one matter has to say.
  private struct Ready {
    var one: PendingNotice
    var replaced: [DroppedNotice]

    var order: (Int64, DeliveryID) { (one.number, one.id) }
  }

  /// Messages in the order of their first, those of one occasion joined if they are many.
  private static func joined(_ ready: [Ready]) -> [Message] {
    let sizes = Dictionary(grouping: ready) { occasion($0.one.item.event) }.mapValues(\.count)
    var messages: [Message] = []
    var places: [Int: Int] = [:]
    for one in ready {
      let occasion = occasion(one.one.item.event)
      guard sizes[occasion, default: 0] >= joinedFrom else {
        messages.append(message(one))
        continue
      }
      if let place = places[occasion] {
        let more = message(one)
        messages[place].items += more.items
        messages[place].carries += more.carries
        messages[place].replaces += more.replaces
      } else {
        places[occasion] = messages.count
        messages.append(message(one))
      }
    }
    return messages
  }

  private static func message(_ ready: Ready) -> Message {
    Message(
      id: ready.one.id, items: [ready.one.item], carries: [ready.one.id], replaces: ready.replaced)
  }

  /// What may stand in one list.
  private static func occasion(_ event: AlertEvent) -> Int {
    switch event {
    case .opened: 0
    case .updated: 1
    case .resolved: 2
    case .missed: 3
    case .reminder: 4
    case .acknowledged: 5
    }
  }

  private static func earlier(_ left: Int64?, _ right: Int64?) -> Int64? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }
}
