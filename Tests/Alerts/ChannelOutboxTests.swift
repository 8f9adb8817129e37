import Model
import Quorum
import Testing

@testable import Alerts

/// Stories of what waits, was told, and is sent: letters are the messages' identifiers, in the order of
/// their notices.
struct ChannelOutboxTests {
  private typealias S = Samples

  /// One thing that waits: an identifier and what it says, a minute after the one before.
  private static func waiting(
    _ number: Int64, _ kind: Notice.Kind, incident: UInt64 = 2, monitor: UInt64 = 4,
    delay: Int64 = 0, retryAt: Int64? = nil, tried: Bool = false, event: AlertEvent? = nil
  ) -> PendingNotice {
    let notice = S.notice(
      kind, number: number, incident: incident, monitor: MonitorID(high: 3, low: monitor),
      minutes: number)
    return PendingNotice(
      id: DeliveryID(high: 0, low: UInt64(number)),
      item: event.map { AlertItem(notice, $0) } ?? AlertItem(notice),
      dueAt: notice.decidedAt + delay, retryAt: retryAt, mayHaveArrived: tried)
  }

  /// A reminder or an acknowledgement of a notice, with an identifier of its own.
  private static func echo(_ id: UInt64, of number: Int64, _ event: AlertEvent) -> PendingNotice {
    var echo = waiting(number, .began, event: event)
    echo.id = DeliveryID(high: 0, low: id)
    return echo
  }

  private static let now = S.began + 60 * S.minute

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    var pending: [PendingNotice]
    var told: ToldMatter? = nil
    /// The identifier and the occasion of what is sent.
    var sent: (UInt64, AlertEvent)?
    var replaced: [UInt64: DroppedNotice.Reason] = [:]
    var dropped: [UInt64: DroppedNotice.Reason] = [:]
    var wakeAt: Int64? = nil
    var testDescription: String { name }
  }

  private static let stories: [Story] = [
    Story(name: "nothing waits", pending: [], sent: nil),
    Story(name: "the first word", pending: [waiting(1, .began)], sent: (1, .opened)),
    Story(
      name: "an end before its alert went out is one message",
      pending: [waiting(1, .began), waiting(2, .ended)], sent: (2, .missed), replaced: [1: .ended]),
    Story(
      name: "however much was between them",
      pending: [waiting(3, .ended), waiting(1, .began), waiting(2, .worsened)], sent: (3, .missed),
      replaced: [1: .ended, 2: .ended]),
    Story(
      name: "an end after the alert was told",
      pending: [waiting(2, .ended)], told: ToldMatter(number: 1, isOver: false),
      sent: (2, .resolved)),
    Story(
      name: "an end after an alert that may have arrived",
      pending: [waiting(1, .began, tried: true), waiting(2, .ended)], sent: (2, .resolved),
      replaced: [1: .ended]),
    Story(
      name: "an end that was tried itself stays what it was",
      pending: [waiting(1, .began), waiting(2, .ended, tried: true)], sent: (2, .missed),
      replaced: [1: .ended]),
    Story(
      name: "the newest state, as the first word",
      pending: [waiting(1, .began), waiting(2, .worsened), waiting(3, .changed)],
      sent: (3, .opened),
      replaced: [1: .replaced, 2: .replaced]),
    Story(
      name: "the newest state, as news",
      pending: [waiting(2, .worsened), waiting(3, .changed)],
      told: ToldMatter(number: 1, isOver: false), sent: (3, .updated), replaced: [2: .replaced]),
    Story(
      name: "what is older than what was told",
      pending: [waiting(1, .began), waiting(2, .worsened)],
      told: ToldMatter(number: 2, isOver: false), sent: nil, dropped: [1: .stale, 2: .stale]),
    Story(
      name: "what is older than a told end",
      pending: [waiting(1, .began), echo(9, of: 2, .reminder(1))],
      told: ToldMatter(number: 2, isOver: true), sent: nil, dropped: [1: .stale, 9: .stale]),
    Story(
      name: "a matter that begins again under its key",
      pending: [waiting(3, .began)], told: ToldMatter(number: 2, isOver: true), sent: (3, .opened)),
    Story(
      name: "its end, of which nothing was told",
      pending: [waiting(3, .began), waiting(4, .ended)],
      told: ToldMatter(number: 2, isOver: true), sent: (4, .missed), replaced: [3: .ended]),
    Story(
      name: "one round after the other",
      pending: [waiting(1, .began), waiting(2, .ended), waiting(3, .began)], sent: (2, .missed),
      replaced: [1: .ended], wakeAt: now),
    Story(
      name: "a delay is waited for",
      pending: [waiting(1, .began, delay: 90 * S.minute)], sent: nil,
      wakeAt: S.began + 91 * S.minute + 20_000),
    Story(
      name: "what ended within its delay is never told",
      pending: [waiting(1, .began, delay: 5 * S.minute), waiting(2, .ended)], sent: nil,
      dropped: [1: .brief, 2: .brief]),
    Story(
      name: "and what comes after that is",
      pending: [
        waiting(1, .began, delay: 5 * S.minute), waiting(2, .ended), waiting(30, .began),
      ], sent: (30, .opened), dropped: [1: .brief, 2: .brief]),
    Story(
      name: "what ended after its delay is told",
      pending: [waiting(1, .began, delay: 5 * S.minute), waiting(9, .ended)], sent: (9, .missed),
      replaced: [1: .ended]),
    Story(
      name: "what replaces does not wait longer than the replaced",
      pending: [waiting(1, .began), waiting(2, .worsened, delay: 120 * S.minute)],
      sent: (2, .opened), replaced: [1: .replaced]),
    Story(
      name: "a failed attempt is waited for",
      pending: [waiting(1, .began, retryAt: now + 1)], sent: nil, wakeAt: now + 1),
    Story(
      name: "but news is tried at once",
      pending: [waiting(1, .began, retryAt: now + 1), waiting(2, .ended)], sent: (2, .missed),
      replaced: [1: .ended]),
    Story(
      name: "a reminder",
      pending: [echo(9, of: 1, .reminder(1))], told: ToldMatter(number: 1, isOver: false),
      sent: (9, .reminder(1))),
    Story(
      name: "no reminder beside news",
      pending: [echo(9, of: 1, .reminder(1)), waiting(2, .worsened)],
      told: ToldMatter(number: 1, isOver: false), sent: (2, .updated), replaced: [9: .replaced]),
    Story(
      name: "no reminder of what is over",
      pending: [echo(9, of: 1, .reminder(1)), waiting(2, .ended)],
      told: ToldMatter(number: 1, isOver: false), sent: (2, .resolved), replaced: [9: .ended]),
    Story(
      name: "that somebody has it in hand comes after the word of it",
      pending: [waiting(1, .began), echo(9, of: 1, .acknowledged(by: "Ann"))], sent: (1, .opened),
      wakeAt: now),
    Story(
      name: "and before later news",
      pending: [echo(9, of: 1, .acknowledged(by: "Ann")), waiting(2, .worsened)],
      told: ToldMatter(number: 1, isOver: false), sent: (9, .acknowledged(by: "Ann")), wakeAt: now),
    Story(
      name: "it flaps", pending: [waiting(1, .began), waiting(2, .flapping)], sent: (2, .opened),
      replaced: [1: .replaced]),
    Story(
      name: "it is steady before anybody heard that it flaps",
      pending: [waiting(1, .flapping), waiting(2, .steady)], sent: (2, .missed),
      replaced: [1: .ended]),
  ]

  @Test(arguments: stories)
  func `a matter is told as it stands, in order`(story: Story) {
    let key = S.notice().key
    var decision = ChannelOutbox.decide(
      story.pending.reversed(), told: story.told.map { [key: $0] } ?? [:], lastSentAt: nil,
      joins: false, now: Self.now)
    #expect(decision.send.map(\.id.low) == (story.sent.map { [$0.0] } ?? []))
    #expect(decision.send.first?.items.map(\.event) == story.sent.map { [$0.1] })
    #expect(Self.reasons(decision.send.first?.replaces ?? []) == story.replaced)
    #expect(Self.reasons(decision.dropped) == story.dropped)
    #expect(decision.wakeAt == story.wakeAt)
    // What is dropped is dropped whatever happens: without it, everything else stays the same.
    let left = story.pending.filter { one in !decision.dropped.contains { $0.id == one.id } }
    decision.dropped = []
    #expect(
      ChannelOutbox.decide(
        left, told: story.told.map { [key: $0] } ?? [:], lastSentAt: nil, joins: true,
        now: Self.now) == decision)
  }

  private static func reasons(_ dropped: [DroppedNotice]) -> [UInt64: DroppedNotice.Reason] {
    Dictionary(dropped.map { ($0.id.low, $0.reason) }) { first, _ in first }
  }

  /// `count` monitors that went down, a minute after each other.
  private static func many(
    _ count: Int64, _ kind: Notice.Kind = .began, from: Int64 = 1
  ) -> [PendingNotice] {
    (from..<from + count).map { waiting($0, kind, incident: UInt64($0), monitor: UInt64($0)) }
  }

  @Test func `many at once become one message that lists them, in order`() {
    let decision = ChannelOutbox.decide(
      (Self.many(30) + Self.many(2, .ended, from: 31)).shuffled(), told: [:], lastSentAt: nil,
      joins: true, now: Self.now)
    #expect(decision.send.map(\.id.low) == [1, 31, 32])
    #expect(decision.send.map(\.items.count) == [30, 1, 1])
    #expect(decision.send[0].carries.map(\.low) == Array(1...30))
    #expect(decision.send[0].items.map(\.notice.number) == Array(1...30))
    let message = AlertMessage(decision.send[0].items, now: Self.now)
    #expect(message?.text.hasSuffix("\nand 10 more") == true)
  }

  @Test func `a receiver with an incident of its own for each gets each`() {
    let decision = ChannelOutbox.decide(
      Self.many(30), told: [:], lastSentAt: Self.now - 1, joins: false, now: Self.now)
    #expect(decision.send.map(\.id.low) == Array(1...30))
  }

  @Test func `a list carries what its entries stand for`() {
    let pending =
      Self.many(3)
      + (1...3).map { Self.waiting($0 + 10, .ended, incident: UInt64($0), monitor: UInt64($0)) }
    let decision = ChannelOutbox.decide(
      pending, told: [:], lastSentAt: nil, joins: true, now: Self.now)
    #expect(decision.send.map(\.carries) == [[11, 12, 13].map { DeliveryID(high: 0, low: $0) }])
    #expect(Self.reasons(decision.send[0].replaces) == [1: .ended, 2: .ended, 3: .ended])
  }

  @Test(arguments: [
    (Int64?.none, Int64?.none, true, Int64?.none), (now - 9999, nil, true, now + 1),
    (now - 10_000, nil, true, nil), (now - 1, nil, false, nil), (now + 5, nil, true, nil),
    (nil, now + 7, true, now + 7), (nil, now + 7, false, now + 7), (nil, now, false, nil),
    (.min, nil, true, nil), (.max, nil, true, nil),
  ])
  func `what comes soon after a message is gathered, and a provider's pause is kept`(
    lastSentAt: Int64?, heldUntil: Int64?, joins: Bool, wakeAt: Int64?
  ) {
    let decision = ChannelOutbox.decide(
      Self.many(1), told: [:], lastSentAt: lastSentAt, heldUntil: heldUntil, joins: joins,
      now: Self.now)
    #expect(decision.wakeAt == wakeAt)
    #expect(decision.send.count == (wakeAt == nil ? 1 : 0))
  }

  @Test func `a monitor's incidents are told one after the other`() {
    let pending = [
      Self.waiting(1, .began, incident: 1), Self.waiting(2, .ended, incident: 1),
      Self.waiting(3, .began, incident: 2),
    ]
    var decision = ChannelOutbox.decide(
      pending, told: [:], lastSentAt: nil, joins: false, now: Self.now)
    #expect(decision.send.map(\.id.low) == [2] && decision.wakeAt == Self.now)
    decision = ChannelOutbox.decide(
      [pending[2]], told: [:], lastSentAt: nil, joins: false, now: Self.now)
    #expect(decision.send.map(\.id.low) == [3])
  }

  @Test(arguments: [(Int64(0), now + 50), (90 * S.minute, nil)])
  func `an incident does not wait for what an older one of its monitor waits for`(
    delay: Int64, retryAt: Int64?
  ) {
    let waits = [
      Self.waiting(1, .began, incident: 1, delay: delay, retryAt: retryAt),
      Self.waiting(3, .began, incident: 2),
    ]
    let decision = ChannelOutbox.decide(
      waits, told: [:], lastSentAt: nil, joins: false, now: Self.now)
    #expect(decision.send.map(\.id.low) == [3])
    #expect(decision.wakeAt == retryAt ?? waits[0].dueAt)
  }
}
