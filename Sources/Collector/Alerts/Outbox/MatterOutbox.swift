/// Decides what is said next of one matter by one channel.
///
/// A matter is told in the order of its notices, and as it stands: of several that wait, the newest is
/// said and the others are dropped. One that is over before anything was said of it is told in one
/// message.
struct MatterOutbox: Hashable, Sendable {
  /// What is to be sent, if anything is.
  var send: PendingNotice?
  /// What is never to be sent if `send` is taken.
  var replaced: [DroppedNotice] = []
  /// What is never to be sent in any case.
  var dropped: [DroppedNotice] = []
  /// When to look again; `nil` if only news changes anything.
  var wakeAt: Int64?
  /// Whether more is to be said once `send` is delivered.
  var hasMore = false

  /// - Parameters:
  ///   - pending: everything of one matter that waits, in any order.
  ///   - told: what was delivered of it; `nil` for nothing.
  init(_ pending: [PendingNotice], told: ToldMatter?, now: Int64) {
    var waiting = pending.sorted { ($0.number, $0.isEcho ? 1 : 0) < ($1.number, $1.isEcho ? 1 : 0) }
    waiting = waiting.filter { one in
      guard let told, Self.isStale(one, told) else { return true }
      drop(one, .stale)
      return false
    }
    while !waiting.isEmpty, send == nil {
      let round = Self.firstRound(of: waiting)
      waiting.removeFirst(round.count)
      // A matter that is over may begin again under its key: nothing was told of that yet.
      guard decide(round, isTold: told.map { !$0.isOver } ?? false, now: now) else { return }
    }
    hasMore = hasMore || !waiting.isEmpty
  }

  private static func isStale(_ one: PendingNotice, _ told: ToldMatter) -> Bool {
    one.isEcho ? one.number < told.number || told.isOver : one.number <= told.number
  }

  /// From the first to the one that says that it is over.
  private static func firstRound(of waiting: [PendingNotice]) -> [PendingNotice] {
    guard let end = waiting.firstIndex(where: { $0.item.event.isOver }) else { return waiting }
    return Array(waiting[...end])
  }

  /// Decides one beginning with its end; `false` if what follows has to wait.
  private mutating func decide(_ round: [PendingNotice], isTold: Bool, now: Int64) -> Bool {
    guard let last = round.last else { return true }
    if last.item.event.isOver {
      let before = round.dropLast()
      let mayBeKnown = isTold || before.contains(where: \.mayHaveArrived)
      if !mayBeKnown, let first = before.first, first.dueAt > last.item.notice.decidedAt {
        for one in round { drop(one, .brief) }
        return true
      }
      guard isReady(last, dueAt: last.dueAt, now: now) else { return false }
      replaced = before.map { DroppedNotice(id: $0.id, reason: .ended) }
      say(last, mayBeKnown ? .resolved : .missed)
      return true
    }
    // As soon as the earliest of them is due, for what replaces it does not wait any longer.
    let run = Self.firstRun(of: round)
    let chosen = run.last { !$0.isEcho } ?? run[run.count - 1]
    let dueAt = run.map(\.dueAt).min() ?? chosen.dueAt
    guard isReady(chosen, dueAt: dueAt, now: now) else { return false }
    replaced = run.filter { $0.id != chosen.id }
      .map { DroppedNotice(id: $0.id, reason: .replaced) }
    hasMore = run.count < round.count
    say(chosen, chosen.isEcho ? chosen.item.event : isTold ? .updated : .opened)
    return true
  }

  /// What may stand for each other: an acknowledgement stands for nothing but itself.
  private static func firstRun(of round: [PendingNotice]) -> [PendingNotice] {
    let isAlone: (PendingNotice) -> Bool = { one in
      if case .acknowledged = one.item.event { true } else { false }
    }
    if isAlone(round[0]) { return [round[0]] }
    return Array(round.prefix { !isAlone($0) })
  }

  private mutating func isReady(_ one: PendingNotice, dueAt: Int64, now: Int64) -> Bool {
    let moment = max(dueAt, one.retryAt ?? dueAt)
    if moment <= now { return true }
    wakeAt = moment
    return false
  }

  private mutating func say(_ one: PendingNotice, _ event: AlertEvent) {
    send = one
    send?.item.event = event
  }

  private mutating func drop(_ one: PendingNotice, _ reason: DroppedNotice.Reason) {
    dropped.append(DroppedNotice(id: one.id, reason: reason))
  }
}
