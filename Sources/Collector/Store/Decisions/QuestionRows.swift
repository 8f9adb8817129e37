import Model
import Postgres
import Quorum

/// The rows of `probe_request` that the decisions of one batch owe, one a question to one agent, each
/// with its turn; and what they do to the calendars.
///
/// The calendars' locks are what bounds the questions of all collectors together. Whoever dies with
/// them has dealt nothing.
struct QuestionRows {
  private var questions: [Question] = []
  private var dealer = QuestionDealer()
  /// Episodes that are over, and their monitors: what of them still waits need not be put.
  private var endedMonitors: [Int64] = []
  private var endedEpisodes: [Int64] = []

  private struct Question {
    var id = ProbeRequestID.random()
    var organizationID: Int32
    var monitorKey: Int64
    var agent: AgentKey
    var slot: Int64
    var round: RoundID
    /// Whether it settles a doubt: of those that wait for the same agent it goes first.
    var isUrgent: Bool
    var askedAt: Int64
    var putAt: Int64
    var deadlineMs: Int32
  }

  /// One agent that is to be asked about one monitor.
  private struct Pair: Hashable {
    var monitorKey: Int64
    var agent: AgentKey
  }

  /// Questions about one monitor.
  struct Wanted {
    var ask: Ask
    var monitorKey: Int64
    var organizationID: Int32
    var host: String
    var slot: Int64
    var askedAt: Int64
  }

  typealias Decision = (input: DecisionInput, output: DecisionOutput)

  /// Gives every question of `decisions` its turn.
  static func deal(
    _ decisions: [Decision], bounds: QuestionBounds = .standard, _ connection: Connection
  ) throws(PostgresError) -> QuestionRows {
    var rows = QuestionRows()
    rows.end(decisions)
    let wanted = decisions.flatMap { input, output in
      output.steps.flatMap { step in
        step.directives.compactMap { directive -> Wanted? in
          guard case .askProbes(let ask) = directive, !ask.voters.isEmpty else { return nil }
          return Wanted(
            ask: ask, monitorKey: input.claim.monitorKey, organizationID: input.organizationID,
            host: input.host, slot: input.slot, askedAt: step.after.steppedAt)
        }
      }
    }
    try rows.deal(wanted, bounds, connection)
    return rows
  }

  /// Gives every one of these questions its turn.
  static func deal(
    _ wanted: [Wanted], bounds: QuestionBounds = .standard, _ connection: Connection
  ) throws(PostgresError) -> QuestionRows {
    var rows = QuestionRows()
    try rows.deal(wanted, bounds, connection)
    return rows
  }

  /// The numbers of the questions, by the agents that are asked.
  var identifiers: [(agent: AgentKey, id: ProbeRequestID)] { questions.map { ($0.agent, $0.id) } }

  private mutating func deal(
    _ wanted: [Wanted], _ bounds: QuestionBounds, _ connection: Connection
  ) throws(PostgresError) {
    guard let now = wanted.map(\.askedAt).max() else { return }
    let waiting = try load(wanted, bounds, connection)
    for one in wanted {
      var ask = one.ask
      if ask.purpose.canWait {
        // What waits to be asked already is not asked twice.
        ask.voters.removeAll {
          waiting.contains(Pair(monitorKey: one.monitorKey, agent: $0.agent))
        }
      }
      add(ask, one, at: now)
    }
  }

  private mutating func add(_ ask: Ask, _ wanted: Wanted, at now: Int64) {
    let turns = dealer.deal(
      ask, monitor: wanted.monitorKey, host: wanted.host, organization: wanted.organizationID,
      at: now)
    for (asked, putAt) in zip(ask.voters, turns) {
      questions.append(
        Question(
          organizationID: wanted.organizationID, monitorKey: wanted.monitorKey,
          agent: asked.agent, slot: wanted.slot, round: ask.id, isUrgent: !ask.purpose.canWait,
          askedAt: wanted.askedAt, putAt: putAt,
          deadlineMs: Int32(clamping: min(ask.deadlineMs, ProbeRequests.mostDeadlineMs))))
    }
  }

  /// Notes the episodes that these decisions ended.
  private mutating func end(_ decisions: [Decision]) {
    for (input, output) in decisions {
      guard let before = input.claim.state.presentEpisode, output.state.presentEpisode != before
      else { continue }
      endedMonitors.append(input.claim.monitorKey)
      endedEpisodes.append(Int64(before))
    }
  }

  /// Locks and reads the calendars; returns the questions that wait already, of those that are asked
  /// again by themselves.
  private mutating func load(
    _ wanted: [Wanted], _ bounds: QuestionBounds, _ connection: Connection
  ) throws(PostgresError) -> Set<Pair> {
    let hosts = Set(wanted.map(\.host))
    let agents = Set(wanted.flatMap { $0.ask.voters.map(\.agent) })
    let organizations = Set(wanted.map(\.organizationID))
    var names = hosts.map(Self.name(host:)) + agents.map(Self.name(agent:))
    names += organizations.map(Self.name(organization:))
    names.sort()
    let patient = Set(wanted.filter(\.ask.purpose.canWait).map(\.monitorKey))
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(
        """
        INSERT INTO question_calendar (name)
        SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place) ORDER BY place
        ON CONFLICT (name) DO NOTHING
        """, names)
      try pipeline.add(
        """
        SELECT name, first_second, counts FROM question_calendar WHERE name = ANY ($1::text[])
        ORDER BY name COLLATE "C" FOR NO KEY UPDATE
        """, names)
      try pipeline.add(
        """
        SELECT monitor_key, agent_key FROM probe_request
        WHERE monitor_key = ANY ($1::int8[]) AND sent_at IS NULL AND done_at IS NULL
          AND put_at > now() - make_interval(secs => $2 / 1000.0)
        """, patient.sorted(), ProbeRequests.worthMs)
    }
    var calendars: [String: QuestionCalendar] = [:]
    for row in answers[1] {
      calendars[try row.get(0)] = QuestionCalendar(first: try row.get(1), counts: try row.get(2))
    }
    dealer = QuestionDealer(bounds: bounds)
    for host in hosts { dealer.hosts[host] = calendars[Self.name(host: host)] }
    for agent in agents { dealer.agents[agent] = calendars[Self.name(agent: agent)] }
    for organization in organizations {
      dealer.organizations[organization] = calendars[Self.name(organization: organization)]
    }
    var waiting: Set<Pair> = []
    for row in answers[2] {
      waiting.insert(Pair(monitorKey: try row.get(0), agent: try row.get(1)))
    }
    return waiting
  }

  private static func name(host: String) -> String { "h:" + host }
  private static func name(agent: AgentKey) -> String { "a:\(agent)" }
  private static func name(organization: Int32) -> String { "o:\(organization)" }

  func add(to pipeline: inout Pipeline) throws(PostgresError) {
    if !endedMonitors.isEmpty {
      try pipeline.add(
        """
        UPDATE probe_request AS r SET done_at = now()
        FROM unnest($1::int8[], $2::int8[]) AS e (monitor_key, episode)
        WHERE r.monitor_key = e.monitor_key AND r.episode = e.episode
          AND r.sent_at IS NULL AND r.done_at IS NULL
        """, endedMonitors, endedEpisodes)
    }
    guard !questions.isEmpty else { return }
    try pipeline.add(
      """
      INSERT INTO probe_request (
        id, organization_id, monitor_key, agent_key, slot, episode, round, asked_at, put_at,
        deadline_ms, urgent)
      SELECT * FROM unnest(
        $1::uuid[], $2::int4[], $3::int8[], $4::int4[], $5::int8[], $6::int8[], $7::int4[],
        $8::timestamptz[], $9::timestamptz[], $10::int4[], $11::bool[])
      """, questions.map(\.id), questions.map(\.organizationID), questions.map(\.monitorKey),
      questions.map(\.agent), questions.map(\.slot), questions.map { Int64($0.round.episode) },
      questions.map(\.round.round), questions.map { Timestamp(milliseconds: $0.askedAt) },
      questions.map { Timestamp(milliseconds: $0.putAt) }, questions.map(\.deadlineMs),
      questions.map(\.isUrgent))
    var calendars = dealer.hosts.map { (Self.name(host: $0.key), $0.value) }
    calendars += dealer.agents.map { (Self.name(agent: $0.key), $0.value) }
    calendars += dealer.organizations.map { (Self.name(organization: $0.key), $0.value) }
    try pipeline.add(
      """
      UPDATE question_calendar AS c
      SET first_second = n.first_second, counts = string_to_array(n.counts, ' ')::int4[],
        used_at = now()
      FROM unnest($1::text[], $2::int8[], $3::text[]) AS n (name, first_second, counts)
      WHERE c.name = n.name
      """, calendars.map(\.0), calendars.map(\.1.first),
      calendars.map { $0.1.counts.map(String.init).joined(separator: " ") })
    try pipeline.add(
      "SELECT pg_notify($1, agent::text) FROM unnest($2::int4[]) AS agent",
      StoreChannel.probe.rawValue, Set(questions.map(\.agent)).sorted())
  }
}
