import Model
import Quorum
import Testing

@testable import Alerts

/// Courses of events by chance: incidents begin, change and end while messages arrive, fail, or arrive
/// without anybody knowing.
struct OutboxCourseTests {
  /// SplitMix64: the same course for the same seed.
  private struct Chance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word >> 31)
    }
  }

  private struct Course {
    var chance: Chance
    let joins: Bool
    let delay: Int64
    var now = Samples.began
    var number: Int64 = 0
    var incident: UInt64 = 0
    /// The incident that is open, of each monitor.
    var open: [UInt64?] = Array(repeating: nil, count: 6)
    var pending: [PendingNotice] = []
    var told: [IncidentKey: ToldMatter] = [:]
    var lastSentAt: Int64?
    /// What people know to have got, in order, and the keys of what may have arrived besides.
    var delivered: [AlertItem] = []
    var tried: Set<IncidentKey> = []
    var all: [AlertNotice] = []
    var brief: Set<IncidentKey> = []

    mutating func happen() {
      let monitor = Int.random(in: open.indices, using: &chance)
      let kind: Notice.Kind
      if open[monitor] == nil {
        incident += 1
        open[monitor] = incident
        kind = .began
      } else {
        kind = [.worsened, .changed, .ended, .ended].randomElement(using: &chance) ?? .ended
      }
      number += 1
      var notice = Samples.notice(
        kind, number: number, incident: open[monitor] ?? 0,
        monitor: MonitorID(high: 0, low: UInt64(monitor)))
      notice.decidedAt = now
      all.append(notice)
      if kind == .ended { open[monitor] = nil }
      pending.append(
        PendingNotice(
          id: DeliveryID(high: 0, low: UInt64(number)), item: AlertItem(notice),
          dueAt: now + (kind == .began ? delay : 0)))
    }

    /// Decides and sends; `certain` if every message arrives.
    mutating func send(certain: Bool) {
      let decision = ChannelOutbox.decide(
        pending.shuffled(using: &chance), told: told, lastSentAt: lastSentAt, joins: joins, now: now
      )
      for one in decision.dropped {
        if let dropped = pending.first(where: { $0.id == one.id }), one.reason == .brief {
          brief.insert(dropped.item.notice.key)
        }
        pending.removeAll { $0.id == one.id }
      }
      let monitors = decision.send.flatMap(\.items).map(\.notice.monitor)
      #expect(Set(monitors).count == monitors.count)
      for message in decision.send {
        let luck = certain ? 0 : Int.random(in: 0..<10, using: &chance)
        if luck < 5 {
          lastSentAt = now
          delivered += message.items
          for item in message.items {
            told[item.notice.key] = ToldMatter(
              number: item.notice.number, isOver: item.event.isOver)
          }
          let done = Set(message.carries + message.replaces.map(\.id))
          pending.removeAll { done.contains($0.id) }
        } else {
          if luck < 8 { tried.formUnion(message.items.map(\.notice.key)) }
          for index in pending.indices where message.carries.contains(pending[index].id) {
            pending[index].retryAt = now + 5000
            if luck < 8 { pending[index].mayHaveArrived = true }
          }
        }
      }
      if certain { now = max(now + 1, decision.wakeAt ?? now) }
    }
  }

  @Test(arguments: UInt64(1)...18)
  func `whatever happens, all is told in order, once, and as it stands in the end`(seed: UInt64) {
    var course = Course(
      chance: Chance(state: seed), joins: seed.isMultiple(of: 2),
      delay: seed.isMultiple(of: 3) ? 30_000 : 0)
    for _ in 0..<200 {
      course.now += Int64.random(in: 1...9000, using: &course.chance)
      if Bool.random(using: &course.chance) {
        course.happen()
      } else {
        course.send(certain: false)
      }
    }
    for _ in 0..<500 where !course.pending.isEmpty { course.send(certain: true) }
    #expect(course.pending.isEmpty)
    for matter in Dictionary(grouping: course.delivered, by: \.notice.key).values {
      let numbers = matter.map(\.notice.number)
      #expect(numbers == Set(numbers).sorted())
    }
    let told = Dictionary(grouping: course.delivered, by: \.notice.key)
    for (key, notices) in Dictionary(grouping: course.all, by: \.key) {
      let events = told[key]?.map(\.event) ?? []
      if course.brief.contains(key) {
        #expect(events.isEmpty && notices.last?.kind == .ended)
        continue
      }
      // As it stands in the end.
      #expect(told[key]?.last?.notice.number == notices.last?.number)
      #expect(events.last?.isOver == (notices.last?.kind == .ended))
      // One beginning, then news, then one end; or the end alone, in words of its own.
      #expect(!events.dropLast().contains { $0.isOver })
      #expect(events.dropFirst().allSatisfy { $0 != .opened && $0 != .missed })
      switch events.first {
      case .opened, .missed: break
      case .resolved: #expect(course.tried.contains(key))
      default: Issue.record("\(key) begins with \(events)")
      }
    }
  }
}
