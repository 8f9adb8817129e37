import Postgres
import Rollup
import TestSupport

@testable import Store

/// An organization with some monitors and agents, two of them in one region, and the rollups of
/// what they send.
final class RollupScene: Sendable {
  struct Result {
    var monitor: Int64
    var startedAtUs: Int64
    var totalUs: Int32
    var outcome: Int16
  }

  struct Place: Hashable {
    var monitor: Int64
    var startUs: Int64
    var region: String
  }

  static let agents = ["eu", "eu", "us", "asia"]
  static let dayUs: Int64 = 86_400_000_000

  let scene: IngestScene
  let monitors: [Int64]
  let streams: [(agent: Int32, stream: Int64)]
  /// The next sequence of each stream.
  private let sequences = TestCounter()

  /// - Parameter closedDaysAgo: how long ago, whole hours, the first open hour began.
  init(closedDaysAgo: Double = 3) throws {
    let scene = try IngestScene()
    self.scene = scene
    monitors = try (0..<5).map {
      try scene.database.addMonitor(organization: scene.organization, name: "m\($0)").key
    }
    streams = try Self.agents.map { region in
      let agent = try scene.database.addAgent(name: "rollup", region: region)
      return (agent, try scene.database.addStream(agentKey: agent))
    }
    try connect().query(
      "UPDATE rollup_state SET closed_until = closed_until - make_interval(hours => $1)",
      Int32(closedDaysAgo * 24))
  }

  func connect() throws -> Connection { try scene.database.connect() }

  /// A keeper whose steps are small, so that there are many.
  var keeper: RollupKeeper {
    var keeper = RollupKeeper()
    keeper.mostResults = 40
    keeper.mostMonitors = 2
    return keeper
  }

  /// Sends a batch of an agent.
  func send(_ results: [Result], from agent: Int) async throws {
    let sequence = sequences.next(agent)
    let place = scene.place(
      sequence, agent: streams[agent].agent, stream: streams[agent].stream)
    var encoder = ResultRowEncoder(
      streamKey: place.streamKey, sequence: sequence, agentKey: place.agentKey,
      rows: results.count)
    for (index, result) in results.enumerated() {
      var fields = ResultRowEncoder.Fields()
      fields.monitorKey = result.monitor
      fields.organizationID = scene.organization
      fields.startedAtUs = result.startedAtUs
      fields.totalUs = result.totalUs
      fields.outcome = result.outcome
      fields.recordIndex = Int16(index)
      fields.hasPhases = index % 2 == 0
      fields.status = index % 3 == 0 ? 200 : nil
      encoder.append(fields)
    }
    let outcome = await scene.send(place, .results(.init(rows: encoder.finish())))
    guard outcome == .committed(upTo: sequence) else { throw TestSupportError("\(outcome)") }
  }

  /// A batch of results of the last week, most of them of the last hours, some at a day's border.
  func randomBatch(_ random: inout LatencyHistogramTests.Seeded, count: Int = 25) -> [Result] {
    let now = Timestamp.now().microseconds
    return (0..<count).map { _ in
      var startedAt: Int64
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        let day = (now / Self.dayUs - .random(in: 0...5, using: &random)) * Self.dayUs
        startedAt = day - .random(in: 0...1, using: &random)
      case 1...3: startedAt = now - .random(in: 0...(7 * Self.dayUs), using: &random)
      default: startedAt = now - .random(in: 0...(3 * 3_600_000_000), using: &random)
      }
      startedAt = min(startedAt, now)
      return Result(
        monitor: monitors[.random(in: 0..<monitors.count, using: &random)], startedAtUs: startedAt,
        totalUs: .random(in: 0...(1 << Int.random(in: 1...30, using: &random)), using: &random),
        outcome: .random(in: 0...4, using: &random))
    }
  }

  /// What the rollups should say, from the results themselves.
  func exact(_ unit: RollupQueries.Unit, since: Int64 = 0) throws -> [Place: RollupCell] {
    let rows = try connect().query(
      """
      SELECT r.monitor_key, r.started_at, a.region, r.outcome, r.total_us
      FROM result AS r JOIN agent AS a ON a.key = r.agent_key
      """)
    var cells: [Place: RollupCell] = [:]
    for row in rows {
      let startedAt = try row.get(1, as: Timestamp.self).microseconds
      guard startedAt >= since else { continue }
      let lengthUs = unit.rawValue * 1_000_000
      let place = Place(
        monitor: try row.get(0), startUs: startedAt / lengthUs * lengthUs, region: try row.get(2))
      let outcome: ResultShare.Outcome =
        switch try row.get(3, as: Int16.self) {
        case 0: .up
        case 1: .degraded
        case 2, 3: .down
        default: .unknown
        }
      cells[place, default: RollupCell()].add(
        outcome, microseconds: UInt64(try row.get(4, as: Int32.self)))
    }
    return cells
  }

  /// What the rollups say.
  func told(_ unit: RollupQueries.Unit, since: Int64? = nil) throws -> [Place: RollupCell] {
    let now = Timestamp.now().microseconds
    var cells: [Place: RollupCell] = [:]
    for monitor in monitors {
      let wish = RollupQueries.Wish(
        monitor: monitor, since: Timestamp(microseconds: since ?? now - 9 * Self.dayUs),
        until: Timestamp(microseconds: now + Self.dayUs), unit: unit)
      let points = try RollupQueries.byRegion(
        wish, organization: OrganizationID(rawValue: scene.organization), on: connect())
      for point in points {
        cells[
          Place(
            monitor: monitor, startUs: point.startsAt.microseconds, region: point.region ?? "")] =
          point.cell
      }
    }
    return cells
  }

  /// When the first day began of which minutes are kept.
  var firstMinuteUs: Int64 {
    (Timestamp.now().microseconds / Self.dayUs - 6) * Self.dayUs
  }
}
