import Glibc
import Postgres
import Rollup
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct RollupTests {
  typealias Seeded = LatencyHistogramTests.Seeded

  private func compare(_ scene: RollupScene, _ note: String = "") throws {
    let first = scene.firstMinuteUs
    #expect(try scene.told(.minute, since: first) == scene.exact(.minute, since: first), "\(note)")
    #expect(try scene.told(.hour) == scene.exact(.hour), "\(note)")
    #expect(try scene.told(.day) == scene.exact(.day), "\(note)")
  }

  @Test func `late results, day borders and two agents of a region are told as recomputed`()
    async throws
  {
    let scene = try RollupScene()
    let connection = try scene.connect()
    var random = Seeded(state: 7)
    for round in 0..<6 {
      for _ in 0..<6 {
        let agent = Int.random(in: 0..<4, using: &random)
        try await scene.send(scene.randomBatch(&random), from: agent)
      }
      if round == 1 {
        // Some hours closed wholly, and one for some monitors.
        while let step = try connection.transaction("BEGIN", { try scene.keeper.fold($0) }),
          step.results > 0
        {}
        for _ in 0..<100 {
          _ = try connection.transaction { try scene.keeper.close($0) }
        }
        try compare(scene, "between")
      } else if round % 2 == 0 {
        let report = try scene.keeper.run(connection)
        #expect(report.results > 0 && report.unreadable == 0 && !report.wasBusy)
        try compare(scene, "round \(round)")
      }
    }
    #expect(try scene.keeper.run(connection).results == 150)
    try compare(scene)
    #expect(try scene.keeper.run(connection) == RollupKeeper.Report())
    // Hours and days are in their own tables, not only added up while being read.
    let closed = "SELECT sum(up + degraded + down + unknown)::int8 FROM rollup_hour" as SQL
    let hours: Int64 = try scene.scene.database.value(closed)
    let days: Int64 = try scene.scene.database.value(
      "SELECT sum(up + degraded + down + unknown)::int8 FROM rollup_day")
    let before: Int64 = try scene.scene.database.value(
      "SELECT count(*) FROM result, rollup_state WHERE started_at < closed_until")
    #expect(hours == before && days == before && before > 300)
  }

  @Test func `results that retention took away stay in the rollups, late ones come to them`()
    async throws
  {
    let scene = try RollupScene(closedDaysAgo: 6)
    let connection = try scene.connect()
    var random = Seeded(state: 11)
    for _ in 0..<8 { try await scene.send(scene.randomBatch(&random), from: 0) }
    _ = try scene.keeper.run(connection)
    let (hours, days) = (try scene.told(.hour), try scene.told(.day))
    try connection.execute("TRUNCATE result")
    #expect(try scene.told(.hour) == hours && scene.told(.day) == days)
    // Minutes of days that are wholly in the hours go, and no others.
    let later = Timestamp.now().adding(milliseconds: 5 * 86_400_000)
    let gone = try RollupPartitions.dropOlder(thanDays: 7, at: later, connection)
    #expect(gone.count == 4)
    #expect(try RollupPartitions.dropOlder(thanDays: 0, connection).count <= 2)
    #expect(try scene.told(.hour) == hours && scene.told(.day) == days)
    // What comes later for them is told by the hour and by the day.
    let late = Timestamp.now().microseconds - 5 * RollupScene.dayUs
    let result = RollupScene.Result(
      monitor: scene.monitors[0], startedAtUs: late, totalUs: 9, outcome: 0)
    try await scene.send([result, result], from: 2)
    #expect(try scene.keeper.run(connection).results == 2)
    var cell = RollupCell()
    for _ in 0..<2 { cell.add(.up, microseconds: 9) }
    for (unit, before) in [(RollupQueries.Unit.hour, hours), (.day, days)] {
      let lengthUs = unit.rawValue * 1_000_000
      let place = RollupScene.Place(
        monitor: scene.monitors[0], startUs: late / lengthUs * lengthUs, region: "us")
      #expect(try scene.told(unit) == before.merging([place: cell]) { $1 })
    }
  }

  @Test func `minutes that no hour holds yet are kept however old they are`() async throws {
    let scene = try RollupScene(closedDaysAgo: 4)
    let connection = try scene.connect()
    let gone = try RollupPartitions.dropOlder(
      thanDays: 0, at: Timestamp.now().adding(milliseconds: 86_400_000), connection)
    #expect(gone.count == 2, "\(gone)")
  }

  @Test func `two collectors at once add everything once`() async throws {
    let scene = try RollupScene()
    let isDone = Mutex(false)
    let added = Mutex(0)
    let threads = try (0..<2).map { number in
      try TestThread("rollup \(number)") {
        do {
          let connection = try scene.connect()
          while !isDone.withLock({ $0 }) {
            let report = try scene.keeper.run(connection)
            added.withLock { $0 += report.results }
          }
        } catch {
          Issue.record("\(error)")
        }
      }
    }
    var random = Seeded(state: 5)
    for number in 0..<40 {
      try await scene.send(scene.randomBatch(&random), from: number % 4)
    }
    isDone.withLock { $0 = true }
    for thread in threads { thread.join() }
    let rest = try scene.keeper.run(scene.connect()).results
    #expect(added.withLock { $0 } + rest == 1000)
    try compare(scene)
  }

  @Test func `while another collector adds, nobody waits for it`() async throws {
    let scene = try RollupScene()
    let (first, second) = (try scene.connect(), try scene.connect())
    try first.execute("BEGIN")
    _ = try scene.keeper.fold(first)
    #expect(try scene.keeper.run(second).wasBusy)
    // Agents' batches do not wait either.
    var random = Seeded(state: 2)
    try await scene.send(scene.randomBatch(&random), from: 0)
    try first.commit()
    #expect(try scene.keeper.run(second).results == 25)
  }

  @Test func `a collector that is killed between any two statements loses and doubles nothing`()
    async throws
  {
    let scene = try RollupScene()
    let connection = try scene.connect()
    var random = Seeded(state: 3)
    var statements = 1
    var cuts = 0
    while statements < 60 {
      try await scene.send(scene.randomBatch(&random, count: 12), from: statements % 4)
      let proxy = try CuttingProxy(to: scene.scene.database.conninfo, after: statements)
      let doomed = try Connection(proxy.address)
      do {
        _ = try doomed.transaction { try scene.keeper.fold($0) }
        _ = try doomed.transaction { try scene.keeper.close($0) }
      } catch {}
      if proxy.hasCut { try awaitEnd(connection) }
      // Whoever comes next goes on from there.
      _ = try connection.transaction { try scene.keeper.fold($0) }
      try compare(scene, "cut behind statement \(statements)")
      guard proxy.hasCut else { break }
      cuts += 1
      statements += 1
    }
    #expect(cuts > 15 && cuts < 55, "\(cuts)")
    _ = try scene.keeper.run(connection)
    try compare(scene)
  }

  /// Waits until the server has noticed that a collector is gone.
  private func awaitEnd(_ connection: Connection) throws {
    for _ in 0..<1_000 {
      let rows = try connection.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'doomed'")
      if rows.count == 0 { return }
      usleep(5_000)
    }
    Issue.record("the server still serves a collector that is gone")
  }

  @Test func `the loop keeps them by itself and ends when it is told to`() async throws {
    let scene = try RollupScene()
    var random = Seeded(state: 6)
    try await scene.send(scene.randomBatch(&random), from: 0)
    let isDone = Mutex(false)
    let bell = try Doorbell()
    let thread = try TestThread("rollup loop") {
      RollupLoop(scene.scene.database.address, bell: bell) { notice in
        guard case .kept(let report) = notice, report.results == 25 else {
          Issue.record("\(notice)")
          return
        }
        isDone.withLock { $0 = true }
        bell.ring()
      }.run { isDone.withLock { $0 } }
    }
    thread.join()
    try compare(scene)
  }

  @Test func `what can't be read in the queue is told and holds up nothing`() async throws {
    let scene = try RollupScene()
    let connection = try scene.connect()
    for content in [[], [1, 5], [1, 5, 200], [1, 5, 1, 1, 1, 1], [2]] as [[UInt8]] {
      try connection.query(
        "INSERT INTO rollup_queue (results, content) VALUES (1, $1)", content)
    }
    var random = Seeded(state: 1)
    try await scene.send(scene.randomBatch(&random), from: 0)
    let report = try scene.keeper.run(connection)
    #expect(report.unreadable == 4 && report.results == 25)
    // What a later version wrote is not this one's to lose.
    let left = try connection.query("SELECT content FROM rollup_queue")
    #expect(try left.map { try $0.get(0, as: [UInt8].self) } == [[2]])
    try compare(scene)
  }

  @Test func `a damaged histogram loses itself and nothing else, a later version's nothing`()
    async throws
  {
    let scene = try RollupScene()
    let connection = try scene.connect()
    let minute = Timestamp.now().microseconds / 60_000_000 * 60_000_000 - 600_000_000
    func send(_ offsetUs: Int64, from first: Int) async throws {
      try await scene.send(
        [
          RollupScene.Result(
            monitor: scene.monitors[0], startedAtUs: minute + offsetUs, totalUs: 10, outcome: 0)
        ], from: first)
    }
    try await send(1, from: 0)
    _ = try scene.keeper.run(connection)
    try connection.query("UPDATE rollup_minute SET latencies = '\\x01ff'")
    try await send(2, from: 0)
    #expect(try scene.keeper.run(connection).results == 1)
    #expect(try scene.scene.database.value("SELECT up FROM rollup_minute", as: Int32.self) == 2)
    try connection.query("UPDATE rollup_minute SET latencies = '\\x02'")
    try await send(3, from: 0)
    #expect(throws: LatencyHistogram.Unreadable.version(2)) { try scene.keeper.run(connection) }
  }

  @Test func `a batch that is not stored leaves nothing in the queue`() async throws {
    let scene = try IngestScene()
    #expect(await scene.send(1) == .committed(upTo: 1))
    #expect(await scene.send(1) == .duplicate(committed: 1))
    #expect(await scene.send(3) == .gap(committed: 1))
    #expect(try scene.database.value("SELECT count(*) FROM rollup_queue", as: Int64.self) == 1)
    #expect(
      try scene.database.value("SELECT sum(results)::int8 FROM rollup_queue", as: Int64.self) == 3)
  }

  @Test func `a series merges regions, or tells one, and is nobody else's`() async throws {
    let scene = try RollupScene()
    let connection = try scene.connect()
    let minute = Timestamp.now().microseconds / 60_000_000 * 60_000_000 - 600_000_000
    let monitor = scene.monitors[0]
    func results(_ times: [Int32], outcome: Int16 = 0) -> [RollupScene.Result] {
      times.map {
        RollupScene.Result(
          monitor: monitor, startedAtUs: minute + Int64($0), totalUs: $0, outcome: outcome)
      }
    }
    try await scene.send(results([10, 20]), from: 0)
    try await scene.send(results([30]) + results([5], outcome: 2), from: 2)
    _ = try scene.keeper.run(connection)
    let organization = OrganizationID(rawValue: scene.scene.organization)
    var wish = RollupQueries.Wish(
      monitor: monitor, since: Timestamp(microseconds: minute),
      until: Timestamp(microseconds: minute + 60_000_000))
    #expect(wish.unit == .minute)
    let all = try RollupQueries.series(wish, organization: organization, on: connection)
    #expect(all.count == 1)
    #expect(all.first?.startsAt.microseconds == minute)
    let cell = try #require(all.first?.cell)
    #expect(cell.count == 4 && cell.failures == 1 && cell.up == 3)
    #expect(cell.latencies.quantile(0.5) == 20 && cell.latencies.quantile(0.99) == 30)
    wish.region = "eu"
    let one = try RollupQueries.series(wish, organization: organization, on: connection)
    #expect(one.map(\.cell.count) == [2] && one.first?.region == "eu")
    wish.region = nil
    #expect(
      try RollupQueries.byRegion(wish, organization: organization, on: connection)
        .map(\.region) == ["eu", "us"])
    let other = OrganizationID(rawValue: organization.rawValue + 1)
    #expect(try RollupQueries.series(wish, organization: other, on: connection).isEmpty)
    // A bucket counts by its beginning.
    wish.since = Timestamp(microseconds: minute + 1)
    #expect(try RollupQueries.series(wish, organization: organization, on: connection).isEmpty)
    wish.until = Timestamp(microseconds: .max)
    #expect(throws: RollupQueries.Refusal.tooManyBuckets) {
      try RollupQueries.series(wish, organization: organization, on: connection)
    }
  }

  @Test(
    arguments: [
      (3_600, 3_600, .minute), (43_200, 43_200, .minute), (86_400, 86_400, .hour),
      (2_592_000, 2_592_000, .hour), (7_776_000, 7_776_000, .day),
      // Minutes are gone after a week, hours after a year.
      (3_600, 1_814_400, .hour), (86_400, 36_288_000, .day),
    ] as [(Int64, Int64, RollupQueries.Unit)])
  func `the unit follows the span and its age`(
    seconds: Int64, age: Int64, unit: RollupQueries.Unit
  ) {
    #expect(RollupQueries.Unit.fitting(seconds: seconds, age: age) == unit)
  }
}
