import Model
import Postgres

/// "Probe now" as the sessions of agents carry it out: rows of `probe_request`, announced on
/// `upblit_probe` with the agent's key.
///
/// A session looks when it begins, when it is notified, and every few seconds; what it marks as
/// sent and loses with its connection is given up by the engine after its deadline.
public enum ProbeRequests {
  /// One question to one agent.
  public struct Request: Hashable, Sendable {
    public var id: ProbeRequestID
    public var monitorKey: Int64
    /// The slot of the epoch that is asked about.
    public var slot: Int64
    /// How long the answer may take from receipt, ms.
    public var deadlineMs: Int32
  }

  /// What was taken, and when to look again.
  public struct Taken: Hashable, Sendable {
    public var requests: [Request]
    /// Milliseconds until the next question's turn; `nil` where none waits.
    public var nextMs: Int64?
  }

  /// How long after its turn a question is still worth sending, ms. One whose episode is over is
  /// withdrawn before that.
  static let worthMs: Int64 = 300_000
  /// An agent is sent no more questions at once than it works on, 64 or a quarter of what it is
  /// assigned; the others wait here, where their rounds know of it.
  static let leastOpen: Int32 = 64
  /// Of the places of an agent that serves several organizations one of them takes so many at most,
  /// in per cent: its targets may answer slowly, and the others' questions must not wait for that.
  static let mostShare: Int32 = 75
  /// A question whose answer may take longer than this, ms, is a slow one: all of them together take
  /// up a quarter of an agent's places, so that timeouts of minutes never keep others from being asked.
  static let slowMs: Int32 = 60_000
  /// The longest that an answer may take, ms. A target with a longer timeout that says nothing for so
  /// long is not known to be down by then: the agent's answer is `agent.deadline`, and its scheduled
  /// probes alone tell.
  static let mostDeadlineMs: Int64 = 900_000
  /// How soon there may be room again with an agent that works on as many as it can, ms.
  static let roomMs: Int64 = 250

  /// How many are taken at once; whoever is given as many asks again.
  public static let takeLimit = 256

  /// Takes what is to be sent to `agent` now, at most ``takeLimit``, and marks it as sent: what
  /// settles a doubt first, then the oldest, and no organization more than its share. Two sessions never get the same one.
  public static func take(
    agent: Int32, _ connection: Connection
  ) throws(PostgresError) -> Taken {
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add(
        """
        WITH room AS (
          SELECT greatest($4, (SELECT count(*) / 4 FROM assignment WHERE agent_key = $1)) AS places,
            (SELECT organization_id IS NOT NULL FROM agent WHERE key = $1) AS is_own
        ), held AS (
          SELECT organization_id, count(*) AS places,
            count(*) FILTER (WHERE deadline_ms > $5) AS slow
          FROM probe_request
          WHERE agent_key = $1 AND done_at IS NULL
            AND put_at > now() - make_interval(secs => ($3 + $7) / 1000.0 + 5)
            AND sent_at > now() - make_interval(secs => least(deadline_ms, $7) / 1000.0 + 5)
          GROUP BY 1
        ), open_now AS (
          SELECT id, urgent, put_at, organization_id, deadline_ms > $5 AS is_slow
          FROM probe_request
          WHERE agent_key = $1 AND done_at IS NULL AND sent_at IS NULL
            AND put_at <= now() AND put_at > now() - make_interval(secs => $3 / 1000.0)
        ), slow AS (
          SELECT o.*, row_number() OVER (
            PARTITION BY organization_id ORDER BY urgent DESC, put_at) AS place
          FROM open_now AS o WHERE is_slow
        ), fitting AS (
          -- Of the slow ones those that find a place among their like.
          SELECT s.id FROM slow s LEFT JOIN held h USING (organization_id), room
          WHERE s.place + coalesce(h.slow, 0)
            <= CASE WHEN room.is_own THEN room.places / 4 ELSE room.places / 4 * $6 / 100 END
          ORDER BY s.urgent DESC, s.put_at
          LIMIT (
            SELECT greatest(0, max(room.places) / 4 - coalesce(sum(held.slow), 0))::int8
            FROM room LEFT JOIN held ON true)
        ), waiting AS (
          SELECT id, urgent, put_at, organization_id, row_number() OVER (
            PARTITION BY organization_id ORDER BY urgent DESC, put_at) AS place
          FROM open_now WHERE NOT is_slow OR id IN (SELECT id FROM fitting)
        ), chosen AS (
          SELECT w.id FROM waiting w LEFT JOIN held h USING (organization_id), room
          WHERE w.place + coalesce(h.places, 0)
            <= CASE WHEN room.is_own THEN room.places ELSE room.places * $6 / 100 END
          ORDER BY w.urgent DESC, w.put_at
          LIMIT (
            SELECT least($2, greatest(0, max(room.places) - coalesce(sum(held.places), 0)))::int8
            FROM room LEFT JOIN held ON true)
        ), open AS (
          SELECT id FROM probe_request
          WHERE id IN (SELECT id FROM chosen) AND done_at IS NULL AND sent_at IS NULL
          FOR UPDATE SKIP LOCKED
        )
        UPDATE probe_request AS r SET sent_at = now() FROM open WHERE r.id = open.id
        RETURNING r.id, r.monitor_key, r.slot, r.deadline_ms
        """, agent, Int32(takeLimit), worthMs, leastOpen, slowMs, mostShare,
        mostDeadlineMs)
      try pipeline.add(
        """
        SELECT ceil(extract(epoch FROM put_at - now()) * 1000)::int8 FROM probe_request
        WHERE agent_key = $1 AND done_at IS NULL AND sent_at IS NULL
          AND put_at > now() - make_interval(secs => $2 / 1000.0)
        ORDER BY put_at LIMIT 1
        """, agent, worthMs)
    }
    var taken = Taken(requests: [])
    for row in answers[0] {
      taken.requests.append(
        Request(
          id: try row.get(0), monitorKey: try row.get(1), slot: try row.get(2),
          deadlineMs: try row.get(3)))
    }
    if let row = answers[1].first {
      let waitMs = try row.get(0, as: Int64.self)
      taken.nextMs = waitMs > 0 ? waitMs : roomMs
    }
    return taken
  }

  /// Notes that an agent is done with questions; one that it dropped makes its monitor due, since
  /// the round need not wait for it.
  public static func finish(
    _ done: [(id: ProbeRequestID, isDropped: Bool)], agent: Int32, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      WITH done AS (
        UPDATE probe_request AS r SET done_at = now(), dropped = told.dropped
        FROM unnest($1::uuid[], $2::bool[]) AS told (id, dropped)
        WHERE r.id = told.id AND agent_key = $3 AND done_at IS NULL
        RETURNING monitor_key, organization_id, r.dropped
      ), wished AS (
        INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
        SELECT monitor_key, organization_id, clock_timestamp() FROM (
          SELECT DISTINCT monitor_key, organization_id FROM done WHERE dropped
          ORDER BY monitor_key) AS keys
        ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
          excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
        RETURNING 1
      )
      SELECT pg_notify('upblit_due', '') WHERE EXISTS (SELECT FROM wished)
      """, done.map(\.id), done.map(\.isDropped), agent)
  }

  /// Tells the engine that probes of `slots` take unusually long. Nothing happens for those that
  /// the agent does not hold.
  public static func overdue(
    slots: [Int64], agent: Int32, _ connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      WITH told AS (
        INSERT INTO quorum_event (monitor_key, organization_id, kind, payload)
        SELECT s.monitor_key, s.organization_id, 'overdue',
          jsonb_build_object('region', g.region, 'agent_key', g.key)
        FROM assignment s JOIN agent g ON g.key = s.agent_key
        WHERE s.slot = ANY ($1) AND s.agent_key = $2
        RETURNING monitor_key, organization_id
      ), wished AS (
        INSERT INTO monitor_due AS known (monitor_key, organization_id, due_at)
        SELECT monitor_key, organization_id, clock_timestamp() FROM (
          SELECT DISTINCT monitor_key, organization_id FROM told ORDER BY monitor_key) AS keys
        ON CONFLICT (monitor_key) DO UPDATE SET due_at = greatest(
          excluded.due_at, least(known.due_at, excluded.due_at) + interval '1 microsecond')
        RETURNING 1
      )
      SELECT pg_notify('upblit_due', '') WHERE EXISTS (SELECT FROM wished)
      """, slots, agent)
  }
}
