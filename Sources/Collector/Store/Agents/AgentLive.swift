import Model
import Postgres
import Quorum

/// What an agent's ALIVE says; one row an agent, which every collector reads.
public struct AgentLive: Hashable, Sendable {
  public var agentKey: Int32
  /// The generation of the session that heard it; what an older one says is not kept.
  public var generation: Int64
  public var boot: BootID
  public var connectedSince: Timestamp
  /// Agent time, in milliseconds: everything due before it is stored.
  public var watermarkMs: Int64
  /// Agent time of the message, in milliseconds.
  public var monoNowMs: Int64
  public var assignmentRevision: Int64
  public var spoolBytes: Int64
  public var dropped: Int64
  public var loopLagMs: Int32
  /// Two bitmaps. High byte: canaries that the agent asks; low byte: those that failed in its last set.
  public var canaries: Int32
  /// When that set began, agent time (ms); 0 where none has finished.
  public var canarySetMs: Int64
  public var clockSteps: Int32
  public var failing: Int32

  public init(
    agentKey: Int32, generation: Int64, boot: BootID, connectedSince: Timestamp,
    watermarkMs: Int64, monoNowMs: Int64, assignmentRevision: Int64, spoolBytes: Int64,
    dropped: Int64, loopLagMs: Int32, canaries: Int32, clockSteps: Int32, failing: Int32,
    canarySetMs: Int64 = 0
  ) {
    self.agentKey = agentKey
    self.generation = generation
    self.boot = boot
    self.connectedSince = connectedSince
    self.watermarkMs = watermarkMs
    self.monoNowMs = monoNowMs
    self.assignmentRevision = assignmentRevision
    self.spoolBytes = spoolBytes
    self.dropped = dropped
    self.loopLagMs = loopLagMs
    self.canaries = canaries
    self.clockSteps = clockSteps
    self.failing = failing
    self.canarySetMs = canarySetMs
  }

  /// Writes what several agents said since the last time, in one statement; of several of one agent
  /// the last counts.
  ///
  /// What bears on trust in an agent is taken in after it (`AgentTrusts`), each agent in a
  /// transaction of its own; what is missed there is taken in with the agent's next word. Where it is
  /// news, such as the first word of a new start, the findings that were held back for it are wished
  /// to be looked at.
  ///
  /// - Returns: which agents came to be distrusted or trusted.
  @discardableResult
  public static func store(
    _ all: [AgentLive], _ connection: Connection
  ) throws -> [TrustNews] {
    var newest: [Int32: AgentLive] = [:]
    for live in all { newest[live.agentKey] = live }
    let rows = newest.values.sorted { $0.agentKey < $1.agentKey }
    guard !rows.isEmpty else { return [] }
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try add(rows, to: &pipeline)
      try pipeline.add(
        AgentTrusts.unheard, rows.map(\.agentKey), Int32(clamping: TrustLimits.loopLagMs))
    }
    return try AgentTrusts.heard(answers.last?.map { try $0.get(0) } ?? [], connection)
  }

  private static func add(
    _ rows: [AgentLive], to pipeline: inout Pipeline
  ) throws(PostgresError) {
    try pipeline.add(
      """
      INSERT INTO agent_live (
        agent_key, boot_id, seen_at, connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing,
        canary_set_ms)
      SELECT agent_key, new.boot_id, now(), connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing,
        canary_set_ms
      FROM unnest(
        $1::int4[], $2::int8[], $3::uuid[], $4::timestamptz[], $5::int8[], $6::int8[], $7::int8[],
        $8::int8[], $9::int8[], $10::int4[], $11::int4[], $12::int4[], $13::int4[], $14::int8[]
      ) AS new (
        agent_key, generation, boot_id, connected_since, watermark_ms, mono_now_ms,
        assignment_revision, spool_bytes, dropped, loop_lag_ms, canaries, clock_steps, failing,
        canary_set_ms)
      JOIN agent_session AS s USING (agent_key, generation)
      ORDER BY agent_key
      ON CONFLICT (agent_key) DO UPDATE SET
        boot_id = excluded.boot_id, seen_at = excluded.seen_at,
        connected_since = excluded.connected_since, watermark_ms = excluded.watermark_ms,
        mono_now_ms = excluded.mono_now_ms, assignment_revision = excluded.assignment_revision,
        spool_bytes = excluded.spool_bytes, dropped = excluded.dropped,
        loop_lag_ms = excluded.loop_lag_ms, canaries = excluded.canaries,
        clock_steps = excluded.clock_steps, failing = excluded.failing,
        canary_set_ms = excluded.canary_set_ms
      """, rows.map(\.agentKey), rows.map(\.generation), rows.map(\.boot),
      rows.map(\.connectedSince), rows.map(\.watermarkMs), rows.map(\.monoNowMs),
      rows.map(\.assignmentRevision), rows.map(\.spoolBytes), rows.map(\.dropped),
      rows.map(\.loopLagMs), rows.map(\.canaries), rows.map(\.clockSteps), rows.map(\.failing),
      rows.map(\.canarySetMs))
  }
}

extension AgentLive {
  /// The watermark that was stored for this start of an agent; 0 where there is none.
  public static func watermark(
    agentKey: Int32, boot: BootID, _ connection: Connection
  ) throws(PostgresError) -> Int64 {
    let rows = try connection.query(
      "SELECT watermark_ms FROM agent_live WHERE agent_key = $1 AND boot_id = $2", agentKey, boot)
    return try rows.first?.get(0) ?? 0
  }
}
