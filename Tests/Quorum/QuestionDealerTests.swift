import Model
import Testing

@testable import Quorum

@Suite struct `Questions are dealt to seconds` {
  private static let at: Int64 = 1_000_000_500

  private func ask(
    _ agents: [AgentKey], _ purpose: Ask.Purpose = .confirm, round: Int32 = 1
  ) -> Ask {
    Ask(
      id: RoundID(episode: 1, round: round), purpose: purpose, epoch: 1,
      voters: agents.map { Ask.Asked(region: "r\($0)", agent: $0) }, deadlineMs: 12_000)
  }

  /// How many of `times` fall into each second from `at` on.
  private func histogram(_ times: [Int64]) -> [Int] {
    let first = Self.at / 1_000
    var counts: [Int] = []
    for time in times {
      let index = Int(time / 1_000 - first)
      while counts.count <= index { counts.append(0) }
      counts[index] += 1
    }
    return counts
  }

  @Test func `who asks alone is asked at once`() {
    var dealer = QuestionDealer()
    let times = dealer.deal(ask([1, 2, 3]), monitor: 7, host: "a", organization: 1, at: Self.at)
    #expect(times == [Self.at, Self.at, Self.at])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var perHost: Int32 = 50
    var perAgent: Int32 = 100
    var monitors: Int
    var agents: Int
    var hosts = 1
    var purpose = Ask.Purpose.confirm
    /// Questions in each second but the first and the last, which jitter makes uneven.
    var full: Int
    var testDescription: String { "\(monitors) monitors, \(agents) agents, \(hosts) hosts" }
  }

  @Test(arguments: [
    Case(monitors: 300, agents: 3, full: 37),
    Case(perHost: 10, monitors: 50, agents: 5, full: 10),
    Case(perHost: 1_000, perAgent: 20, monitors: 100, agents: 3, full: 45),
    Case(monitors: 300, agents: 3, purpose: .watch, full: 25),
    Case(perHost: 1, monitors: 5, agents: 2, purpose: .introduce, full: 1),
    Case(perHost: 30, perAgent: 1_000, monitors: 200, agents: 2, hosts: 4, full: 88),
  ])
  func `no second gets more than the bounds allow, and no question is lost`(_ example: Case) {
    var dealer = QuestionDealer(
      bounds: QuestionBounds(perHost: example.perHost, perAgent: example.perAgent))
    let agents = (1...AgentKey(example.agents)).map { $0 }
    var all: [Int64] = []
    for monitor in 0..<example.monitors {
      all += dealer.deal(
        ask(agents, example.purpose), monitor: Int64(monitor), host: "h\(monitor % example.hosts)",
        organization: 1,
        at: Self.at)
    }
    #expect(all.count == example.monitors * example.agents)
    #expect(all.allSatisfy { $0 >= Self.at })
    let seconds = histogram(all)
    #expect(seconds.allSatisfy { $0 <= example.full })
    if seconds.count > 2 {
      #expect(seconds.dropFirst().dropLast().allSatisfy { $0 == example.full })
    }
    for calendar in dealer.hosts.values {
      #expect(calendar.counts.allSatisfy { $0 <= example.perHost })
    }
    for calendar in dealer.agents.values {
      #expect(calendar.counts.allSatisfy { $0 <= example.perAgent })
    }
  }

  @Test func `what can wait leaves room for what settles a doubt`() {
    var dealer = QuestionDealer()
    for monitor in 0..<500 {
      _ = dealer.deal(
        ask([1], .introduce), monitor: Int64(monitor), host: "a", organization: 1, at: Self.at)
    }
    let times = dealer.deal(
      ask([1, 2, 3]), monitor: 9_999, host: "a", organization: 1, at: Self.at)
    #expect(times.allSatisfy { $0 - Self.at <= 1_500 })
  }

  @Test func `rounds of many monitors of one host are spread by up to 300 ms, each as one`() {
    var dealer = QuestionDealer(bounds: QuestionBounds(perHost: 1_000, perAgent: 1_000))
    var starts: Set<Int64> = []
    for monitor in 0..<60 {
      let times = dealer.deal(
        ask([1, 2, 3]), monitor: Int64(monitor), host: "a", organization: 1, at: Self.at)
      #expect(Set(times).count == 1)
      #expect((0..<300).contains(times[0] - Self.at))
      starts.insert(times[0])
    }
    #expect(starts.count > 30)
    var again = QuestionDealer(bounds: QuestionBounds(perHost: 1_000, perAgent: 1_000))
    for monitor in 0..<60 {
      _ = again.deal(
        ask([1, 2, 3]), monitor: Int64(monitor), host: "a", organization: 1, at: Self.at)
    }
    #expect(again == dealer)
  }

  @Test func `a busy host delays no other, nor does a busy agent another agent's host`() {
    var dealer = QuestionDealer()
    for monitor in 0..<400 {
      _ = dealer.deal(ask([1]), monitor: Int64(monitor), host: "busy", organization: 1, at: Self.at)
    }
    let other = dealer.deal(ask([2]), monitor: 5_000, host: "idle", organization: 1, at: Self.at)
    #expect(other == [Self.at])
    let same = dealer.deal(ask([1]), monitor: 5_001, host: "idle", organization: 1, at: Self.at)
    #expect(same[0] - Self.at < 2_000)
  }

  @Test func `one organization's thousands leave room for another's few, at host and agent`() {
    var dealer = QuestionDealer()
    var last: Int64 = 0
    for monitor in 0..<1_000 {
      let times = dealer.deal(
        ask([1, 2, 3]), monitor: Int64(monitor), host: "shared", organization: 1, at: Self.at)
      last = max(last, times.max() ?? 0)
    }
    #expect(last > Self.at + 60_000)
    for monitor in 5_000..<5_004 {
      let times = dealer.deal(
        ask([1, 2, 3]), monitor: Int64(monitor), host: "shared", organization: 2, at: Self.at)
      #expect(times.allSatisfy { $0 - Self.at < 1_500 }, "\(times)")
    }
    for calendar in dealer.hosts.values { #expect(calendar.counts.allSatisfy { $0 <= 50 }) }
  }

  @Test func `a calendar forgets what is over, and all after its clock was set back`() {
    var dealer = QuestionDealer(bounds: QuestionBounds(perHost: 2, perAgent: 100))
    for monitor in 0..<20 {
      _ = dealer.deal(ask([1]), monitor: Int64(monitor), host: "a", organization: 1, at: Self.at)
    }
    let later = Self.at + 60_000
    #expect(dealer.deal(ask([1]), monitor: 50, host: "a", organization: 1, at: later) == [later])
    #expect(dealer.hosts["a"]?.counts.count ?? 0 < 5)
    let back = Self.at - 3_600_000
    #expect(dealer.deal(ask([1]), monitor: 51, host: "a", organization: 1, at: back) == [back])
  }
}
