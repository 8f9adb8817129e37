import Postgres
import Store
import Testing

@Suite struct SessionRotationTests {
  private static func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

  /// Rotated and used at 1,000 s, idle after 600 s, over at 5,000 s.
  private static func session(
    isEnded: Bool = false, isDisabled: Bool = false
  ) -> SessionRotation {
    SessionRotation(
      rotatedAt: at(1000), usedAt: at(1000), idleSeconds: 600, expiresAt: at(5000),
      isEnded: isEnded, isDisabled: isDisabled)
  }

  private static let decisions: [(SessionRotation.Presented, Int64, SessionRotation.Decision)] = [
    (.newest, 1000, .rotate), (.newest, 1599, .rotate), (.newest, 1600, .refuse(.idle)),
    (.newest, 999, .rotate),
    (.previous, 971, .repeatNewest), (.previous, 970, .endReused), (.previous, 0, .endReused),
    (.previous, 999, .repeatNewest), (.previous, 1029, .repeatNewest),
    (.previous, 1030, .endReused), (.previous, 1599, .endReused),
    (.previous, 1600, .refuse(.idle)),
    (.older, 1000, .endReused), (.older, 1029, .endReused), (.older, 1600, .refuse(.idle)),
    (.newest, 5000, .refuse(.expired)), (.older, 5000, .refuse(.expired)),
  ]

  @Test(arguments: decisions)
  func `the newest token is replaced, the one before is good for 30 seconds, an older one ends all`(
    _ presented: SessionRotation.Presented, _ second: Int64, _ decision: SessionRotation.Decision
  ) {
    #expect(Self.session().decide(presented, at: Self.at(second)) == decision)
  }

  @Test(arguments: SessionRotation.Presented.allCases)
  func `an ended session and one of a disabled person renew nothing`(
    _ presented: SessionRotation.Presented
  ) {
    let now = Self.at(1001)
    #expect(Self.session(isEnded: true).decide(presented, at: now) == .refuse(.ended))
    #expect(Self.session(isDisabled: true).decide(presented, at: now) == .refuse(.disabled))
  }
}

@Suite struct SigningScheduleTests {
  private typealias Schedule = SigningSchedule
  private static let start: Int64 = 1_000_000_000
  private static func at(_ seconds: Int64) -> Timestamp {
    Timestamp(milliseconds: (start + seconds) * 1000)
  }
  private static func plan(_ keys: [(String, Int64)], at now: Int64) -> SigningSchedule.Plan {
    SigningSchedule.plan(
      keys.map { SigningSchedule.Key(kid: $0.0, signsFrom: at($0.1)) }, at: at(now))
  }

  private static let day: Int64 = 86_400

  @Test func `without a key one is made that signs at once`() {
    let plan = Self.plan([], at: 0)
    #expect(plan.signing == nil && plan.make == Self.at(0) && plan.published.isEmpty)
  }

  private static let table:
    [(String, [(String, Int64)], Int64, String?, [String], [String], Int64?)] =
      [
        ("a young key signs", [("a", 0)], 10, "a", ["a"], [], nil),
        ("until an hour before its end", [("a", 0)], 30 * day - 3601, "a", ["a"], [], nil),
        ("then another is made", [("a", 0)], 30 * day - 3600, "a", ["a"], [], 30 * day),
        ("late, with a whole lead", [("a", 0)], 40 * day, "a", ["a"], [], 40 * day + 3600),
        (
          "it is published before it signs", [("a", 0), ("b", 30 * day)], 30 * day - 1, "a",
          ["a", "b"], [], nil
        ),
        (
          "it signs from its moment", [("b", 30 * day), ("a", 0)], 30 * day, "b", ["a", "b"], [],
          nil
        ),
        (
          "the old one stays for a token's life", [("a", 0), ("b", 30 * day)], 30 * day + 659, "b",
          ["a", "b"], [], nil
        ),
        (
          "and no longer", [("a", 0), ("b", 30 * day)], 30 * day + 660, "b", ["b"], ["a"], nil
        ),
        ("one that only waits is not enough", [("b", 100)], 0, nil, ["b"], [], 0),
      ]

  @Test(arguments: table)
  func `keys take turns`(
    _ name: String, _ keys: [(String, Int64)], _ now: Int64, _ signing: String?,
    _ published: [String], _ past: [String], _ make: Int64?
  ) {
    let plan = Self.plan(keys, at: now)
    #expect(plan.signing == signing, "\(name)")
    #expect(plan.published == published, "\(name)")
    #expect(plan.past == past, "\(name)")
    #expect(plan.make == make.map(Self.at), "\(name)")
    #expect(plan.lookAgainAt > Self.at(now) && plan.lookAgainAt <= Self.at(now + 300), "\(name)")
  }

  @Test func `whoever looks when told signs with no key that others could not have read`() {
    // A year in steps as the schedule asks for; the keys are made as it says.
    var keys: [SigningSchedule.Key] = []
    var published: [String: Timestamp] = [:]
    var now = Self.at(0)
    var signed: [String: Timestamp] = [:]
    while now < Self.at(365 * Self.day) {
      var plan = SigningSchedule.plan(keys, at: now)
      if let make = plan.make {
        keys.append(SigningSchedule.Key(kid: "\(published.count)", signsFrom: make))
        plan = SigningSchedule.plan(keys, at: now)
      }
      for kid in plan.published where published[kid] == nil { published[kid] = now }
      // What was signed up to a token's life ago can be verified.
      for (kid, last) in signed
      where now < last.adding(milliseconds: SigningSchedule.tokenSeconds * 1000) {
        #expect(plan.published.contains(kid))
      }
      keys.removeAll { plan.past.contains($0.kid) }
      guard let kid = plan.signing, let since = published[kid] else {
        Issue.record("nobody signs at \(now)")
        return
      }
      if signed[kid] == nil, kid != "0" {
        #expect(since.adding(milliseconds: SigningSchedule.leadSeconds * 1000) <= now)
      }
      signed[kid] = now
      #expect(keys.count <= 3)
      now = plan.lookAgainAt
    }
    #expect(signed.count == 13)
  }
}

@Suite struct QuotaTests {
  private static let table:
    [(
      String, OrganizationQuota, OrganizationQuota.Use, OrganizationQuota.Load?,
      OrganizationQuota.Load, OrganizationQuota.Problem?
    )] = [
      ("no bound", .init(), use(1_000_000, 1e9), nil, load(1, 1000), nil),
      ("one more", .init(mostMonitors: 3), use(2, 0), nil, load(60, 3), nil),
      ("one too many", .init(mostMonitors: 3), use(3, 0), nil, load(60, 3), .monitors(most: 3)),
      ("a change adds none", .init(mostMonitors: 3), use(5, 0), load(60, 3), load(30, 3), nil),
      (
        "too often", .init(leastIntervalSeconds: 30), use(0, 0), nil, load(29, 1),
        .interval(leastSeconds: 30)
      ),
      ("as often as may be", .init(leastIntervalSeconds: 30), use(0, 0), nil, load(30, 1), nil),
      (
        "too often, as before", .init(leastIntervalSeconds: 30), use(1, 0), load(10, 1),
        load(10, 2), nil
      ),
      (
        "oftener still", .init(leastIntervalSeconds: 30), use(1, 0), load(10, 1), load(9, 1),
        .interval(leastSeconds: 30)
      ),
      ("probes to the brim", .init(mostProbesPerSecond: 1), use(1, 0.5), nil, load(2, 1), nil),
      (
        "probes beyond", .init(mostProbesPerSecond: 1), use(1, 0.5), nil, load(2, 2),
        .probes(most: 1, wished: 1.5)
      ),
      (
        "a paused one probes nothing", .init(mostProbesPerSecond: 1), use(1, 1), nil,
        load(1, 9, paused: true), nil
      ),
      (
        "to go on is to probe", .init(mostProbesPerSecond: 1), use(1, 1), load(10, 1, paused: true),
        load(10, 1), .probes(most: 1, wished: 1.1)
      ),
      (
        "less is never refused", .init(mostProbesPerSecond: 1), use(1, 9), load(1, 9), load(2, 9),
        nil
      ),
    ]

  private static func use(_ monitors: Int64, _ probes: Double) -> OrganizationQuota.Use {
    OrganizationQuota.Use(monitors: monitors, probesPerSecond: probes)
  }

  private static func load(
    _ interval: Int32, _ regions: Int, paused: Bool = false
  ) -> OrganizationQuota.Load {
    OrganizationQuota.Load(intervalSeconds: interval, regions: regions, isPaused: paused)
  }

  @Test(arguments: table)
  func `only what asks for more than the quota is refused`(
    _ name: String, _ quota: OrganizationQuota, _ use: OrganizationQuota.Use,
    _ old: OrganizationQuota.Load?, _ new: OrganizationQuota.Load,
    _ problem: OrganizationQuota.Problem?
  ) {
    #expect(quota.problem(use: use, old: old, new: new) == problem, "\(name)")
  }
}
