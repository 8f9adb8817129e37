import Testing

@testable import Quorum

@Suite struct `A shared cause` {
  typealias Membership = Opening.Membership

  /// Takes openings in order as a store would, and answers who belongs to whom.
  func groups(_ openings: [Opening]) -> [Int64: Membership] {
    var open: [Opening] = []
    for news in openings {
      var news = news
      switch SharedCause.grouping(of: news, among: open) {
      case .alone: break
      case .joins(let membership): news.membership = membership
      case .gathers(let membership, let monitors):
        for index in open.indices where monitors.contains(open[index].monitor) {
          open[index].membership = membership
        }
        if monitors.contains(news.monitor) { news.membership = membership }
      }
      open.append(news)
    }
    return Dictionary(
      uniqueKeysWithValues: open.compactMap { opening in
        opening.membership.map { (opening.monitor, $0) }
      })
  }

  func downs(_ seconds: [Int64], _ severity: Severity = .down) -> [Opening] {
    seconds.enumerated().map { index, second in
      Opening(monitor: Int64(index + 1), severity: severity, decidedAt: second * 1_000)
    }
  }

  @Test(
    arguments: [
      // Seconds at which monitors 1, 2, ... go down; who is of one incident.
      ([0, 1, 2, 3], []), ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5]),
      ([0, 10, 20, 25, 30], [1, 2, 3, 4, 5]),
      ([0, 10, 20, 25, 31], []), ([0, 1, 2, 3, 4, 20], [1, 2, 3, 4, 5, 6]),
      // One after the other: each is near to one who belongs.
      ([0, 1, 2, 3, 4, 30, 60], [1, 2, 3, 4, 5, 6, 7]), ([0, 1, 2, 3, 4, 36], [1, 2, 3, 4, 5]),
      ([0, 50, 51, 52, 53, 54], [2, 3, 4, 5, 6]),
    ] as [([Int64], [Int64])])
  func `makes one incident of five that go down within half a minute`(
    _ seconds: [Int64], _ members: [Int64]
  ) {
    let groups = groups(downs(seconds))
    #expect(groups.keys.sorted() == members)
    #expect(groups.values.allSatisfy { $0.cause == .many && $0.lead == members.first })
  }

  @Test(arguments: [Severity.regional, .partial, .unknown])
  func `is not sought for what is not down`(_ severity: Severity) {
    #expect(groups(downs([0, 1, 2, 3, 4, 5], severity)).isEmpty)
  }

  func child(
    _ monitor: Int64, of parent: Int64?, _ second: Int64, _ severity: Severity = .down
  )
    -> Opening
  {
    Opening(monitor: monitor, severity: severity, decidedAt: second * 1_000, parent: parent)
  }

  @Test func `of children is their parent that is down, the highest without a gap`() {
    let openings = [
      child(1, of: nil, 0), child(2, of: 1, 1), child(3, of: 2, 2), child(4, of: 9, 3),
      child(5, of: 1, 5_000),
    ]
    let groups = groups(openings)
    #expect(groups.keys.sorted() == [2, 3, 5])
    #expect(groups.values.allSatisfy { $0 == Membership(lead: 1, cause: .parent) })
  }

  @Test(
    arguments: [
      // When the child went down, and when its parent did (seconds).
      (0, 60, true), (0, 120, true), (0, 121, false), (60, 0, true),
    ] as [(Int64, Int64, Bool)])
  func `is a parent that is found down a little after its child`(
    _ child: Int64, _ parent: Int64, _ folds: Bool
  ) {
    let openings = [self.child(2, of: 1, child), self.child(1, of: nil, parent)]
    let groups = groups(openings.sorted { $0.decidedAt < $1.decidedAt })
    #expect(groups[2] == (folds ? Membership(lead: 1, cause: .parent) : nil))
  }

  @Test func `is found across three generations in whatever order they go down`() {
    let family = [child(1, of: nil, 0), child(2, of: 1, 0), child(3, of: 2, 0)]
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let openings = order.enumerated().map { second, index in
        var opening = family[index]
        opening.decidedAt = Int64(second) * 1_000
        return opening
      }
      let groups = groups(openings)
      #expect(groups[2]?.lead == 1, "\(order)")
      #expect(groups[3]?.lead == 1, "\(order)")
    }
  }

  @Test func `is no parent that is up, or regional, or its own child`() {
    #expect(groups([child(2, of: 1, 0)]).isEmpty)
    #expect(groups([child(1, of: nil, 0, .regional), child(2, of: 1, 1)]).isEmpty)
    #expect(groups([child(1, of: 1, 0)]).isEmpty)
    let circle = groups([child(1, of: 2, 0), child(2, of: 1, 1)])
    #expect(Set(circle.values.map(\.lead)).count <= 1)
  }

  @Test func `that a parent explains does not count towards many`() {
    let openings =
      [child(1, of: nil, 0)] + (2...6).map { child($0, of: 1, $0) } + [child(7, of: nil, 7)]
    let groups = groups(openings)
    #expect(groups[7] == nil)
    #expect(groups.keys.sorted() == [2, 3, 4, 5, 6])
  }

  @Test func `of children is the incident that their parent belongs to`() {
    let groups = groups(downs([0, 1, 2, 3, 4]) + [child(9, of: 3, 60)])
    #expect(groups[9] == Membership(lead: 1, cause: .many))
  }

  @Test func `of blindness is one for all, and of too few votes is not blindness`() {
    let openings = (1...4).map {
      Opening(monitor: $0, severity: .unknown, decidedAt: $0 * 600_000, isBlind: $0 != 3)
    }
    let groups = groups(openings)
    #expect(groups.keys.sorted() == [1, 2, 4])
    #expect(groups.values.allSatisfy { $0 == Membership(lead: 1, cause: .blind) })
  }

  @Test(arguments: 0..<20)
  func `puts any openings into groups whose leads belong to themselves or to none`(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var now: Int64 = 0
    let openings = (Int64(1)...200).map { monitor in
      now += Int64(random.next() % 20_000)
      return Opening(
        monitor: monitor, severity: Severity.allCases[Int(random.next() % 4)], decidedAt: now,
        parent: random.next() % 3 == 0 ? Int64(random.next() % 200) + 1 : nil,
        isBlind: random.next() % 2 == 0)
    }
    let groups = groups(openings)
    for (monitor, membership) in groups {
      let lead = groups[membership.lead]
      #expect(
        lead == nil || lead?.lead == membership.lead || lead?.cause == .parent, "seed \(seed)")
      #expect(openings[Int(monitor) - 1].severity != .regional, "seed \(seed)")
    }
  }
}
