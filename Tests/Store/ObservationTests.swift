import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct ObservationTests {
  @Test func `an observation becomes a vote, an event and a wish in one transaction`()
    async throws
  {
    let scene = try IngestScene()
    let outcome = await scene.send(1, observations: [scene.observation(.failedAttributable)])
    #expect(outcome == .committed(upTo: 1))
    #expect(try scene.database.value("SELECT outcome FROM vote", as: Int16.self) == 2)
    let payload = try scene.database.value("SELECT payload FROM quorum_event", as: JSONText.self)
    #expect(payload.text.contains("\"region\": \"eu\""))
    #expect(try scene.database.value("SELECT due_at <= now() FROM monitor_due", as: Bool.self))
  }

  @Test func `of several observations of a region the last makes the vote, and all are logged`()
    async throws
  {
    let scene = try IngestScene()
    let observations = [
      scene.observation(.up, observedMs: 1), scene.observation(.failedAmbiguous, observedMs: 2),
      scene.observation(.degraded, observedMs: 3),
    ]
    #expect(await scene.send(1, observations: observations) == .committed(upTo: 1))
    #expect(try scene.database.value("SELECT outcome FROM vote", as: Int16.self) == 1)
    #expect(try scene.database.value("SELECT count(*) FROM quorum_event", as: Int64.self) == 3)
  }

  @Test func `an older observation or epoch never takes a newer one's place`() async throws {
    let scene = try IngestScene()
    _ = await scene.send(1, observations: [scene.observation(.up, epoch: 2, observedMs: 50)])
    _ = await scene.send(
      2, observations: [scene.observation(.failedAmbiguous, epoch: 2, observedMs: 40)])
    _ = await scene.send(
      3, observations: [scene.observation(.failedAmbiguous, epoch: 1, observedMs: 60)])
    #expect(try scene.database.value("SELECT outcome FROM vote", as: Int16.self) == 0)
  }

  @Test func `the same opinion said again stands since it was first said`() async throws {
    let scene = try IngestScene()
    _ = await scene.send(1, observations: [scene.observation(.up, startedAtMs: 1000)])
    _ = await scene.send(
      2, observations: [scene.observation(.up, startedAtMs: 9000, observedMs: 9)])
    let since = try scene.database.value("SELECT since FROM vote", as: Timestamp.self)
    #expect(since == Timestamp(milliseconds: 1000))
  }

  @Test func `a wish during a worker's step survives the worker's own`() async throws {
    let scene = try IngestScene()
    _ = await scene.send(1, observations: [scene.observation(.up)])
    let claimed = try scene.database.value("SELECT due_at FROM monitor_due", as: Timestamp.self)
    _ = await scene.send(2, observations: [scene.observation(.failedAmbiguous, observedMs: 9)])
    let rows = try scene.database.connect().query(
      "UPDATE monitor_due SET due_at = now() + interval '1 hour' WHERE due_at = $1", claimed)
    #expect(rows.affected == 0)
  }
}

extension IngestScene {
  func observation(
    _ outcome: ResultOutcome, epoch: Int32 = 1, startedAtMs: Int64 = 5000, observedMs: Int64 = 1
  ) -> Observation {
    Observation(
      monitorKey: monitor, organizationID: organization, region: "eu", epoch: epoch,
      outcome: outcome, totalUs: 10, startedAtMs: startedAtMs, observedMs: observedMs)
  }

  func send(_ sequence: Int64, observations: [Observation]) async -> IngestOutcome {
    let place = place(sequence)
    var results = rows(place, count: 1)
    results.observations = observations
    return await send(place, .results(results))
  }
}
