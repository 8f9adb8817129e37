import Model
import Postgres
import Quorum
import TestSupport
import Testing

@testable import Store

@Suite struct `Questions are bounded` {
  private func scene(
    monitors count: Int
  ) throws -> (scene: DecisionScene, monitors: [Int64], agents: [AgentKey]) {
    let scene = try DecisionScene()
    let agents = try ["a", "b", "c"].map { try scene.addAgent($0) }
    let monitors = try (0..<count).map { _ in try scene.addMonitor() }
    try scene.reconcile()
    try scene.wait(0)
    try scene.answer { _ in .up }
    return (scene, monitors, agents)
  }

  /// Takes and answers what may be sent now; returns how many that were.
  private func exchange(
    _ scene: DecisionScene, _ agents: [AgentKey], _ kind: VoteKind
  ) throws -> Int {
    var sent = 0
    for agent in agents {
      for request in try ProbeRequests.take(agent: agent, scene.connection).requests {
        sent += 1
        try scene.tell(request.monitorKey, agent, kind, request: request.id)
        try ProbeRequests.finish([(request.id, false)], agent: agent, scene.connection)
      }
    }
    return sent
  }

  @Test func `of one host however many of its monitors go down, and every incident opens`() throws {
    let (scene, monitors, agents) = try scene(monitors: 200)
    try scene.wait(60_000)
    let before = try scene.database.value("SELECT count(*) FROM probe_request", as: Int64.self)
    for monitor in monitors { try scene.tell(monitor, agents[0], .attributable) }
    var seconds: [Int] = []
    var open: Int64 = 0
    while open < 200, seconds.count < 120 {
      var sent = 0
      for _ in 0..<4 {
        try scene.stepAll()
        sent += try exchange(scene, agents, .attributable)
        try scene.stepAll()
        try scene.wait(250)
      }
      seconds.append(sent)
      open = try scene.database.value("SELECT count(*) FROM incident WHERE ended_at IS NULL")
    }
    #expect(open == 200)
    // 600 questions of the rounds at 37 a second, and the first watching ones.
    #expect(seconds.count <= 26, "\(seconds)")
    let rows = try scene.connection.query(
      """
      SELECT max(n), sum(n) FROM (
        SELECT count(*) AS n FROM probe_request GROUP BY floor(extract(epoch FROM put_at))) AS s
      WHERE $1::int8 IS NOT NULL
      """, before)
    #expect(try #require(rows.first).get(0, as: Int64.self) <= 50)
    // Sent is never before its turn.
    #expect(
      try scene.database.value("SELECT count(*) FROM probe_request WHERE sent_at < put_at")
        == Int64(0))
    for monitor in monitors { #expect(try scene.verdicts(monitor) == ["up", "down"]) }
    for incident in try IncidentQueries.list(
      .init(monitor: monitors[150]), after: nil, limit: 1,
      organization: OrganizationID(rawValue: scene.organization), on: scene.connection)
    {
      let replay = try IncidentReplay.run(incident, scene.connection)
      #expect(replay.isIdentical, "\(replay.differences.map(\.what))")
    }
  }

  @Test func `and one that waits for its turn holds its round open`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try scene.wait(60_000)
    // The host's next two minutes are taken.
    try scene.connection.query(
      """
      UPDATE question_calendar SET first_second = floor(extract(epoch FROM now())) - 1,
        counts = array_fill(50, ARRAY[120])
      WHERE name = 'h:example.org'
      """)
    try scene.tell(monitors[0], agents[0], .attributable)
    try scene.stepAll()
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.isEmpty)
    let next = try #require(try ProbeRequests.take(agent: agents[0], scene.connection).nextMs)
    #expect((110_000...121_000).contains(next))
    for _ in 0..<10 {
      try scene.wait(11_000)
      try scene.stepAll()
    }
    guard case .suspect(let episode) = try scene.state(monitors[0]).stage else {
      Issue.record("the episode is over")
      return
    }
    #expect(episode.rounds.count == 1)
    #expect(episode.rounds[0].ballots.allSatisfy { $0.uncounted == .pending })
    try scene.wait(12_000)
    #expect(try exchange(scene, agents, .attributable) == 3)
    try scene.stepAll()
    #expect(try scene.verdicts(monitors[0]) == ["up", "down"])
  }

  /// `count` questions to `agent`, whose turn has come.
  private func addQuestions(
    _ count: Int, of monitor: Int64, to agent: AgentKey, urgent: Bool = true, agoMs: Int32 = 1_000,
    deadlineMs: Int32 = 10_000, _ scene: DecisionScene
  ) throws {
    try scene.connection.query(
      """
      INSERT INTO probe_request (id, organization_id, monitor_key, agent_key, slot, episode, round,
        asked_at, put_at, deadline_ms, urgent)
      SELECT gen_random_uuid(), organization_id, key, $2, slot, 1, 1, now(),
        now() - make_interval(secs => $5 / 1000.0), $6, $4
      FROM monitor, generate_series(1, $3) WHERE key = $1
      """, monitor, agent, Int32(count), urgent, agoMs, deadlineMs)
  }

  @Test func `whose answers may take minutes delay only each other`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    let other = try scene.database.addMonitor(
      organization: try scene.database.addOrganization("other"))
    try addQuestions(
      200, of: monitors[0], to: agents[0], agoMs: 5_000, deadlineMs: 600_000, scene)
    let slow = try ProbeRequests.take(agent: agents[0], scene.connection)
    // Three quarters of a quarter of the places.
    #expect(slow.requests.count == 12)
    // They hold them until their answers are due, and not for a minute.
    try scene.connection.query(
      "UPDATE probe_request SET sent_at = sent_at - interval '9 minutes' WHERE sent_at < now()")
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.isEmpty)
    // Others' slow ones have their part, and what is quick is asked, the same organization's too.
    try addQuestions(9, of: other.key, to: agents[0], deadlineMs: 600_000, scene)
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.count == 4)
    try addQuestions(60, of: monitors[0], to: agents[0], scene)
    let quick = try ProbeRequests.take(agent: agents[0], scene.connection).requests
    #expect(quick.count == 36)
    #expect(quick.allSatisfy { $0.deadlineMs == 10_000 })
    try addQuestions(60, of: other.key, to: agents[0], scene)
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.count == 12)
  }

  @Test func `are cut at a quarter of an hour`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try scene.connection.query("UPDATE monitor SET interval_s = 86400, timeout_ms = 86400000")
    try scene.stepAll()
    try scene.tell(monitors[0], agents[0], .attributable)
    try scene.stepAll()
    let longest: Int32 = try scene.database.value("SELECT max(deadline_ms) FROM probe_request")
    #expect(longest == 900_000)
  }

  @Test func `an agent is sent no more than it works on, and no organization takes all of it`()
    throws
  {
    let (scene, monitors, agents) = try scene(monitors: 1)
    let other = try scene.database.addMonitor(
      organization: try scene.database.addOrganization("other"))
    try addQuestions(200, of: monitors[0], to: agents[0], agoMs: 5_000, scene)
    let first = try ProbeRequests.take(agent: agents[0], scene.connection)
    #expect(first.requests.count == 48)
    #expect(first.nextMs == ProbeRequests.roomMs)
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.isEmpty)
    try addQuestions(20, of: other.key, to: agents[0], scene)
    let second = try ProbeRequests.take(agent: agents[0], scene.connection).requests
    #expect(second.count == 16)
    #expect(second.allSatisfy { $0.monitorKey == other.key })
    for request in first.requests.prefix(4) {
      try ProbeRequests.finish([(request.id, false)], agent: agents[0], scene.connection)
    }
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.count == 4)
  }

  @Test func `an organization's own agent is all its own`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try scene.connection.query(
      "UPDATE agent SET organization_id = $2 WHERE key = $1", agents[0], scene.organization)
    try addQuestions(200, of: monitors[0], to: agents[0], scene)
    #expect(try ProbeRequests.take(agent: agents[0], scene.connection).requests.count == 64)
  }

  @Test func `what settles a doubt is sent before what can wait`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try addQuestions(
      100, of: monitors[0], to: agents[0], urgent: false, agoMs: 60_000, scene)
    try addQuestions(3, of: monitors[0], to: agents[0], agoMs: 10, scene)
    let taken = try ProbeRequests.take(agent: agents[0], scene.connection).requests
    #expect(taken.count == 48)
    let rows = try scene.connection.query(
      "SELECT count(*) FROM probe_request WHERE urgent AND sent_at IS NULL AND done_at IS NULL")
    #expect(try #require(rows.first).get(0, as: Int64.self) == 0)
  }

  @Test func `one that is never put is given up, and the others decide`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try scene.wait(60_000)
    try scene.tell(monitors[0], agents[0], .attributable)
    try scene.stepAll()
    // The third agent has no room, for longer than the question is worth.
    for _ in 0..<34 {
      _ = try exchange(scene, [agents[0], agents[1]], .attributable)
      try scene.stepAll()
      try scene.wait(10_000)
    }
    try scene.stepAll()
    #expect(try scene.verdicts(monitors[0]) == ["up", "down"])
  }

  @Test func `that wait when their episode ends are withdrawn`() throws {
    let (scene, monitors, agents) = try scene(monitors: 1)
    try scene.tell(monitors[0], agents[0], .attributable)
    try scene.stepAll()
    #expect(try waiting(scene) == 3)
    try scene.connection.query("UPDATE monitor SET paused = true WHERE key = $1", monitors[0])
    try scene.stepAll()
    #expect(try waiting(scene) == 0)
  }

  private func waiting(_ scene: DecisionScene) throws -> Int64 {
    try scene.database.value(
      "SELECT count(*) FROM probe_request WHERE sent_at IS NULL AND done_at IS NULL")
  }

  @Test(arguments: [
    ("https://user@Shop.Example:8443/a?b", "shop.example"),
    ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
    ("db.example.org:5432", "db.example.org"), ("[::1]:22", "[::1]"), ("HTTP://x", "x"),
  ])
  func `by the host in the target`(_ target: String, _ host: String) throws {
    let scene = try DecisionScene()
    let monitor = try scene.database.addMonitor(organization: scene.organization, url: target).key
    let rows = try scene.connection.query("SELECT host FROM monitor WHERE key = $1", monitor)
    #expect(try #require(rows.first).get(0, as: String.self) == host)
  }
}
