import JSON
import Model
import Postgres
import Quorum
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct `Decisions in the store` {
  /// A scene of three regions and a monitor that is up.
  func upScene() throws -> (scene: DecisionScene, monitor: Int64, agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitor = try scene.addMonitor()
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up"])
    return (scene, monitor, agents)
  }

  @Test func `an outage opens an incident at the first failure and closes it at the first success`()
    throws
  {
    let (scene, monitor, agents) = try upScene()
    let failed = try scene.tell(monitor, agents[1], .attributable, detail: "refused")
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    var incident = try #require(try scene.incidents(monitor).first)
    #expect(incident.severity == "down")
    #expect(incident.startedAt == failed)
    #expect(incident.opening == "down")
    #expect(incident.endedAt == nil)

    let rows = try scene.connection.query(
      "SELECT tally, votes, policy FROM verdict WHERE monitor_key = $1 ORDER BY id DESC", monitor)
    let row = try #require(rows.first)
    let votes = try JSONValue(parsing: try row.get(1, as: JSONText.self).text).elements
    #expect(votes.count == 3)
    for (vote, region) in zip(votes, ["a", "b", "c"]) {
      #expect(vote["region"]?.stringValue == region)
      #expect(vote["kind"]?.stringValue == "attributable")
      #expect(vote["domain"]?.stringValue == "provider-\(region)")
      #expect(vote["agentID"]?.stringValue.flatMap { AgentID($0) } != nil)
      #expect(vote["evidence"]?["curlCode"]?.integerValue == 7)
      #expect(vote["answers"]?["round"]?.integerValue == 1)
      #expect(vote["ageMs"]?.integerValue != nil)
    }
    let tally = try JSONValue(parsing: try row.get(0, as: JSONText.self).text)
    #expect(tally["down"]?.integerValue == 3)
    #expect(tally["solo"]?.boolValue == false)

    let recovered = try scene.tell(monitor, agents[2], .up)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    try scene.pass(10_000, monitor)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down", "up"])
    incident = try #require(try scene.incidents(monitor).first)
    #expect(incident.endedAt == recovered)
    #expect(incident.closing == "up")
    #expect(try scene.incidents(monitor).count == 1)
    #expect(
      try scene.database.value("SELECT count(*) FROM quorum_event WHERE stepped_at IS NULL")
        == Int64(0))
  }

  @Test func `one region cut off from the target is regional only`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[0], .ambiguous)
    for _ in 0..<4 {
      try scene.answer { $0 == agents[0] ? .ambiguous : .up }
      try scene.pass(15_000, monitor)
    }
    #expect(try scene.verdicts(monitor) == ["up", "regional"])
    #expect(try scene.incidents(monitor).map(\.severity) == ["regional"])
    try scene.tell(monitor, agents[0], .up)
    try scene.answer { _ in .up }
    try scene.pass(10_000, monitor)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "regional", "up"])
    #expect(try scene.incidents(monitor).allSatisfy { $0.endedAt != nil })
  }

  @Test func `an event that commits after one of a higher number is not lost`() throws {
    let (scene, monitor, agents) = try upScene()
    let slow = try scene.database.connect()
    try slow.execute("BEGIN")
    try slow.query(
      """
      INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
      VALUES ($1, $2, 'overdue', jsonb_build_object('region', 'a', 'agent_key', $3::int4))
      """, monitor, scene.organization, agents[0])
    try scene.tell(monitor, agents[1], .up)
    try scene.answer { _ in .up }
    try slow.query(Due.wish, [monitor])
    try slow.commit()
    let reports = try scene.stepAll()
    #expect(reports.map(\.events) == [1])
    #expect(reports[0].directives.contains { if case .askProbes = $0 { true } else { false } })
  }

  @Test func `what ingest tells is what the engine takes`() async throws {
    let (scene, monitor, agents) = try upScene()
    let writer = try IngestWriter(scene.database.address)
    defer { writer.stop() }
    for (index, region) in ["a", "b", "c"].enumerated() {
      let stream = try scene.database.addStream(agentKey: agents[index])
      let now = Timestamp.now().milliseconds
      let encoder = ResultRowEncoder(
        streamKey: stream, sequence: 1, agentKey: agents[index], rows: 1)
      var results = IngestBatch.Results(rows: encoder.finish())
      var observation = Store.Observation(
        monitorKey: monitor, organizationID: scene.organization, region: region, epoch: 1,
        outcome: .failedAmbiguous, totalUs: 10_000_000, startedAtMs: now - 1_000,
        observedMs: now - 1_000)
      observation.reason = 201
      observation.curlCode = 28
      observation.detail = "no answer in 10 s"
      results.observations = [observation]
      let content = IngestBatch.Content.results(results)
      let outcome = await withCheckedContinuation { continuation in
        writer.submit(
          IngestBatch(
            place: IngestBatch.Place(
              agentKey: agents[index], generation: 1, streamKey: stream, sequence: 1),
            header: IngestBatch.Header(
              digest: 1, boot: scene.boots[agents[index]] ?? .zero, baseMs: now, clockOffsetMs: 0),
            content: content
          ) { continuation.resume(returning: $0) })
      }
      #expect(outcome == .committed(upTo: 1))
    }
    #expect(try scene.stepAll().first?.events == 3)
    let votes = try scene.state(monitor).votes
    #expect(votes.map(\.observation.kind) == [.ambiguous, .ambiguous, .ambiguous])
    #expect(votes[0].observation.evidence.curlCode == 28)
    #expect(votes[0].observation.evidence.detail == "no answer in 10 s")
    try scene.answer { _ in .ambiguous }
    try scene.pass(2_000, monitor)
    try scene.answer { _ in .ambiguous }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
  }

  @Test func `two workers never step the same event, nor the same monitor at once`() throws {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitors = try (0..<40).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.answer { _ in .up }
    for monitor in monitors {
      for agent in agents { try scene.tell(monitor, agent, .attributable) }
    }
    let events = Mutex<[Int64: Int]>([:])
    let failures = Mutex<[String]>([])
    let database = scene.database
    let threads = try (0..<4).map { index in
      try TestThread("worker \(index)") {
        do {
          let connection = try database.connect()
          while let outcome = try DecisionStep.run(connection, atMost: 8) {
            for report in outcome.reports {
              events.withLock { $0[report.monitorKey, default: 0] += report.events }
            }
          }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 }.isEmpty)
    #expect(events.withLock { $0 } == Dictionary(uniqueKeysWithValues: monitors.map { ($0, 3) }))
    try scene.answer { _ in .attributable }
    for monitor in monitors { #expect(try scene.verdicts(monitor) == ["up", "down"]) }
    #expect(try scene.database.value("SELECT count(*) FROM incident") == Int64(monitors.count))
  }

  @Test(arguments: [
    "quorum_state", "quorum_event", "verdict", "incident", "probe_request", "monitor_due",
  ])
  func `a worker that dies while it writes loses nothing`(_ table: String) throws {
    let (scene, monitor, agents) = try upScene()
    for agent in agents { try scene.tell(monitor, agent, .attributable) }
    try scene.connection.execute(
      SQL(
        verbatim: """
          CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NEW;
          END $$;
          """))
    try arm(table, scene.connection)
    let doomed = try scene.database.connect()
    // Until the deadly statement is met: the first step asks a round, a later one decides.
    var died = false
    for _ in 0..<3 where !died {
      do {
        while let _ = try DecisionStep.run(doomed) {}
        try disarm(table, scene.connection)
        let rows = try scene.connection.query(
          """
          UPDATE probe_request SET done_at = now() WHERE done_at IS NULL
          RETURNING id, monitor_key, agent_key
          """)
        for row in rows {
          try scene.tell(
            try row.get(1), try row.get(2), .attributable,
            request: try row.get(0, as: ProbeRequestID.self))
        }
        try arm(table, scene.connection)
      } catch {
        died = true
      }
    }
    #expect(died)
    try disarm(table, scene.connection)
    try scene.answer { _ in .attributable }
    #expect(try scene.verdicts(monitor) == ["up", "down"])
    #expect(try scene.incidents(monitor).count == 1)
  }

  private func arm(_ table: String, _ connection: Connection) throws {
    try connection.execute(
      SQL(
        verbatim: """
          CREATE TRIGGER die BEFORE INSERT OR UPDATE ON \(table)
          FOR EACH ROW EXECUTE FUNCTION die()
          """))
  }

  private func disarm(_ table: String, _ connection: Connection) throws {
    try connection.execute(SQL(verbatim: "DROP TRIGGER die ON \(table)"))
  }

  @Test func `a claim that dies lets the next worker in at once`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[0], .attributable)
    do {
      let doomed = try scene.database.connect()
      let claims = try DecisionClaim.take(.longestDue(9), doomed)
      #expect(claims.keys == [monitor])
      #expect(try DecisionStep.run(scene.connection) == nil)
      _ = try DecisionReader.read(claims.ready, doomed)
      try scene.connection.query("SELECT pg_terminate_backend($1, 5000)", doomed.backendProcess)
    }
    #expect(try scene.stepAll().map(\.monitorKey) == [monitor])
  }

  @Test func `a wish that comes during a step stands`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.connection.query(Due.wish, [monitor])
    let claims = try DecisionClaim.take(.longestDue(9), scene.connection)
    let read = try DecisionReader.read(claims.ready, scene.connection)
    let other = try scene.database.connect()
    try other.query(Due.wish, [monitor])
    var batch = DecisionBatch()
    for input in read.inputs { batch.add(input, DecisionStep.decide(input)) }
    try batch.deal(scene.connection)
    try batch.write(scene.connection)
    #expect(try DecisionStep.run(scene.connection)?.reports.map(\.monitorKey) == [monitor])
    _ = agents
  }

  @Test func `a question that an agent drops does not hold the round`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[0], .attributable)
    try scene.stepAll()
    try scene.wait(1_000)
    let taken = try agents.map { try ProbeRequests.take(agent: $0, scene.connection).requests }
    #expect(taken.map(\.count) == [1, 1, 1])
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.isEmpty)
    for index in 0..<2 {
      try scene.tell(monitor, agents[index], .attributable, request: taken[index][0].id)
    }
    try scene.stepAll()
    #expect(try scene.verdicts(monitor) == ["up"])
    try ProbeRequests.finish([(taken[2][0].id, true)], agent: agents[2], scene.connection)
    try scene.stepAll()
    #expect(try scene.verdicts(monitor) == ["up", "down"])
  }

  private func endings(
    _ scene: DecisionScene, _ monitor: Int64
  ) throws -> [IncidentQueries.Ending?] {
    try IncidentQueries.list(
      .init(monitor: monitor), after: nil, limit: 10,
      organization: OrganizationID(rawValue: scene.organization), on: scene.connection
    ).map(\.ending)
  }

  @Test func `an incident of blindness ends by the verdict of those who came back`() throws {
    let (scene, monitor, agents) = try upScene()
    for _ in 0..<20 { try scene.reconcile() }
    for agent in agents.prefix(2) { try scene.hear(agent, agoMs: 16_000) }
    try scene.hear(agents[2])
    try scene.reconcile()
    try scene.stepAll()
    try scene.pass(20_000, monitor)
    try scene.stepAll()
    #expect(try scene.incidents(monitor).map(\.severity) == ["unknown"])
    #expect(try endings(scene, monitor) == [nil])
    for agent in agents { try scene.hear(agent) }
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "unknown", "up"])
    #expect(try scene.incidents(monitor).map(\.closing) == ["up"])
    #expect(try endings(scene, monitor) == [.seeingAgain])
  }

  @Test func `an edit closes no incident; the new question's answer does`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[1], .attributable)
    try scene.answer { _ in .attributable }
    try scene.connection.query(
      "UPDATE monitor SET epoch = 2, slot = nextval('slot_seq') WHERE key = $1", monitor)
    try scene.reconcile()
    try scene.stepAll()
    #expect(try endings(scene, monitor) == [nil])
    try scene.answer { _ in .up }
    try scene.pass(10_000, monitor)
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down", "up"])
    #expect(try endings(scene, monitor) == [.recovered])
  }

  @Test func `a pause closes the incident, and nothing is decided until it ends`() throws {
    let (scene, monitor, agents) = try upScene()
    try scene.tell(monitor, agents[1], .attributable)
    try scene.answer { _ in .attributable }
    try scene.connection.query("UPDATE monitor SET paused = true WHERE key = $1", monitor)
    try scene.reconcile()
    try scene.stepAll()
    #expect(try scene.voters(monitor).isEmpty)
    let incident = try #require(try scene.incidents(monitor).first)
    #expect(incident.endedAt != nil)
    #expect(incident.closing == nil)
    #expect(try endings(scene, monitor) == [.withdrawn])
    try scene.connection.query("UPDATE monitor SET paused = false WHERE key = $1", monitor)
    try scene.reconcile()
    try scene.answer { _ in .up }
    #expect(try scene.verdicts(monitor) == ["up", "down", "up"])
  }
}
