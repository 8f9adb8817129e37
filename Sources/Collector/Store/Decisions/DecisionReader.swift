import JSON
import Model
import Postgres
import Quorum

/// Reads what the steps of claimed monitors need, for all of them in one exchange.
struct DecisionReader {
  /// In the order of their keys.
  private(set) var inputs: [DecisionInput] = []
  /// Monitors that can't be stepped.
  private(set) var unreadable: [DecisionError] = []
  private var agents: [AgentKey: AgentKnowledge] = [:]

  /// Reads for `claims`, within their transaction.
  static func read(
    _ claims: [DecisionClaim], _ connection: Connection
  ) throws(PostgresError) -> DecisionReader {
    var reader = DecisionReader()
    guard !claims.isEmpty else { return reader }
    let keys = claims.map(\.monitorKey)
    let most = claims.count > 1 ? DecisionInput.mostEventsOfMany : DecisionInput.mostEvents
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(monitorQuery, keys)
      try pipeline.add(seatsQuery, keys)
      try pipeline.add(eventsQuery, keys, Int32(most))
      try pipeline.add(
        questionsQuery, keys, claims.map { Int64($0.state.presentEpisode ?? -1) },
        ProbeRequests.worthMs)
    }
    let monitors = try byMonitor(answers[0])
    let seats = try byMonitor(answers[1])
    let events = try byMonitor(answers[2])
    let questions = try byMonitor(answers[3])
    for claim in claims {
      let key = claim.monitorKey
      do {
        guard let row = monitors[key]?.first else {
          throw DecisionError(monitorKey: key, "it has no row")
        }
        var input = try reader.input(claim, row, seats[key] ?? [])
        try input.take(events[key] ?? [], atMost: most)
        try input.take(questions: questions[key] ?? [])
        reader.inputs.append(input)
      } catch let error as PostgresError {
        throw error
      } catch let error as DecisionError {
        reader.unreadable.append(error)
      } catch {
        reader.unreadable.append(DecisionError(monitorKey: key, "\(error)"))
      }
    }
    return reader
  }

  /// Rows by the monitor's key, which is their first column.
  private static func byMonitor(_ rows: Rows) throws(PostgresError) -> [Int64: [Row]] {
    var groups: [Int64: [Row]] = [:]
    for row in rows { groups[try row.get(0), default: []].append(row) }
    return groups
  }

  private mutating func input(
    _ claim: DecisionClaim, _ row: Row, _ seats: [Row]
  ) throws -> DecisionInput {
    let (
      _, organizationID, epoch, slot, interval, timeout, regions, policy, inactive, at, host, parent
    ) =
      try row.decode(
        Int64.self, Int32.self, Int32.self, Int64.self, Int32.self, Int32.self, [String]?.self,
        JSONText.self, Bool.self, Int64.self, String.self, Int64?.self)
    let settings = Settings(
      epoch: epoch, intervalMs: Int64(interval) * 1_000, timeoutMs: Int64(timeout),
      policy: try Self.policy(policy.text, of: claim.monitorKey), active: !inactive)
    var input = DecisionInput(
      claim: claim, organizationID: organizationID, slot: slot, host: host, parent: parent, at: at,
      settings: settings,
      panel: Panel([]), agents: [:], known: [:])
    try seat(seats, named: regions, in: &input)
    return input
  }

  private static func policy(_ text: String, of key: Int64) throws(DecisionError) -> Policy {
    do {
      return try Tree.read(from: JSONValue(parsing: text))
    } catch {
      throw DecisionError(monitorKey: key, "its policy can't be read: \(error)")
    }
  }

  /// One seat a region: those that the monitor names, or those that are assigned.
  private mutating func seat(
    _ rows: [Row], named: [String]?, in input: inout DecisionInput
  ) throws(PostgresError) {
    var voters: [String: Voter] = [:]
    for row in rows {
      let (_, agent, id, region, provider) = try row.decode(
        Int64.self, AgentKey.self, AgentID.self, String.self, String.self)
      var presence: Presence?
      if let boot = try row.get(5, as: BootID?.self) {
        presence = Presence(
          boot: boot, heardAgoMs: max(0, try row.get(6)), agentNowMs: try row.get(7),
          watermarkMs: try row.get(8), silent: try row.get(9, as: String.self) != "live",
          longestTimeoutMs: try row.get(10))
      }
      input.agents[agent] = id
      input.known[agent] = try knowledge(of: agent, row)
      let reason = try row.get(12, as: String?.self)
      voters[region] = Voter(
        agent: agent, region: region, domain: provider, presence: presence,
        trust: reason.map { .distrusted(reason: $0) } ?? .trusted)
    }
    let regions = named.map(Set.init) ?? Set(voters.keys)
    input.panel = Panel(regions.map { Seat(region: $0, voter: voters[$0]) })
  }

  /// What is known of an agent, read once for all its monitors.
  private mutating func knowledge(
    of agent: AgentKey, _ row: Row
  ) throws(PostgresError) -> AgentKnowledge {
    if let known = agents[agent] { return known }
    let known = AgentKnowledge(
      start: try row.get(11), trustedStart: try row.get(13), hasCanaries: try row.get(14),
      state: try row.get(15))
    agents[agent] = known
    return known
  }

  private static let monitorQuery: SQL = """
    SELECT m.key, m.organization_id, m.epoch, m.slot, m.interval_s, m.timeout_ms, m.regions,
      coalesce(m.policy, o.policy), m.paused OR m.deleted_at IS NOT NULL,
      floor(extract(epoch FROM clock_timestamp()) * 1000)::int8, m.host,
      m.parent_key
    FROM monitor m JOIN organization o ON o.id = m.organization_id
    WHERE m.key = ANY ($1::int8[])
    """

  private static let seatsQuery: SQL = """
    SELECT s.monitor_key, g.key, g.id, g.region, g.provider, l.boot_id,
      floor(extract(epoch FROM clock_timestamp() - l.seen_at) * 1000)::int8,
      l.mono_now_ms, l.watermark_ms, coalesce(p.state, 'silent'),
      coalesce(r.longest_timeout_ms, 0)::int8, n.boot_id, t.reason, t.boot_id, t.has_canaries,
      t.state
    FROM assignment s
    JOIN monitor m ON m.key = s.monitor_key AND m.slot = s.slot
    JOIN agent g ON g.key = s.agent_key
    LEFT JOIN agent_live l ON l.agent_key = g.key
    LEFT JOIN agent_presence p ON p.agent_key = g.key
    LEFT JOIN agent_assignment r ON r.agent_key = g.key
    LEFT JOIN agent_session n ON n.agent_key = g.key
    LEFT JOIN agent_trust t ON t.agent_key = g.key
    WHERE s.monitor_key = ANY ($1::int8[])
    """

  private static let eventsQuery: SQL = """
    SELECT k.key, e.id, e.kind, e.payload, r.episode, r.round,
      floor(extract(epoch FROM clock_timestamp() - e.created_at) * 1000)::int8
    FROM unnest($1::int8[]) AS k (key)
    CROSS JOIN LATERAL (
      SELECT id, kind, payload, created_at FROM quorum_event
      WHERE monitor_key = k.key AND stepped_at IS NULL ORDER BY id LIMIT $2) AS e
    LEFT JOIN probe_request r
      ON r.id = (e.payload->>'probe_request')::uuid AND r.monitor_key = k.key
        AND r.episode <> -1  -- somebody's, of no round (MonitorRuns)
    ORDER BY k.key, e.id
    """

  /// Those of the present episode that were dropped, or will never be put, since they waited for
  /// longer than they are worth; and those that are open and had to wait.
  private static let questionsQuery: SQL = """
    SELECT r.monitor_key, r.agent_key, g.region, r.episode::int4, r.round,
      r.dropped OR r.sent_at IS NULL AND r.put_at <= now() - make_interval(secs => $3 / 1000.0),
      r.sent_at IS NULL, floor(extract(epoch FROM coalesce(r.sent_at, r.put_at)) * 1000)::int8
    FROM unnest($1::int8[], $2::int8[]) AS k (key, episode)
    JOIN probe_request r ON r.monitor_key = k.key AND r.episode = k.episode
      AND (r.dropped OR r.done_at IS NULL AND (r.sent_at IS NULL
        OR r.sent_at > r.asked_at + interval '1 second'))
    JOIN agent g ON g.key = r.agent_key
    ORDER BY r.monitor_key, r.round, r.agent_key
    """
}

extension DecisionInput {
  /// Takes in what waits (columns of `eventsQuery`): what may be judged now, and what is held back.
  fileprivate mutating func take(_ rows: [Row], atMost most: Int) throws(PostgresError) {
    var held = 0
    for row in rows {
      var event = Waiting(id: try row.get(1), change: try StoredEvent.change(row))
      switch readiness(of: event.change, agoMs: try row.get(6)) {
      case .ready: break
      case .held where held < Self.mostHeld:
        held += 1
        continue
      case .held, .unconfirmed: event.isUnconfirmed = true
      }
      waiting.append(event)
    }
    hasMore = rows.count == most && !waiting.isEmpty
    isHolding = held > 0
  }

  fileprivate mutating func take(questions rows: [Row]) throws(PostgresError) {
    for row in rows {
      let (_, agent, region, episode, round, isDropped, isWaiting, putAt) = try row.decode(
        Int64.self, AgentKey.self, String.self, Int32.self, Int32.self, Bool.self, Bool.self,
        Int64.self)
      let id = RoundID(episode: episode, round: round)
      if isDropped {
        dropped.append(.dropped(id, region: region, agent: agent))
      } else if let byMs = delay(of: id, region: region, putAt: putAt, isWaiting: isWaiting) {
        delayed.append(.delayed(id, region: region, agent: agent, byMs: byMs))
      }
    }
  }

  /// How long after its round a question was put, or will be, where that is news; `nil` where not.
  private func delay(
    of id: RoundID, region: String, putAt: Int64, isWaiting: Bool
  ) -> Int64? {
    guard let round = claim.state.presentRounds.first(where: { $0.id == id }),
      let ballot = round.ballot(region), ballot.uncounted == .pending
    else { return nil }
    // Its turn has come, yet its agent has no room: nobody knows for how long.
    let isHeld = isWaiting && at > putAt
    let delayMs = (isHeld ? at : putAt) &- round.askedAt
    let isNews = delayMs &- (ballot.delayMs ?? 0) >= (isHeld ? Self.heldNewsMs : Self.delayNewsMs)
    return isNews ? delayMs : nil
  }

  /// A question's waiting is news by so much, ms.
  private static let delayNewsMs: Int64 = 1_000
  private static let heldNewsMs: Int64 = 5_000

  private func readiness(
    of change: Event.Change?, agoMs: Int64
  ) -> AgentKnowledge.Readiness {
    guard case .observed(let finding) = change, let voter = panel[finding.region],
      voter.agent == finding.agent, let agent = known[finding.agent]
    else { return .ready }
    return agent.readiness(of: finding, from: voter, agoMs: agoMs, freshMs: settings.freshMs)
  }
}
