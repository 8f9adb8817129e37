import Postgres
import Quorum

/// What a step wants people to be told, as a row of `notice`.
enum NoticeRow {
  /// Which of its monitor's incidents a notice is about.
  enum Subject: Hashable {
    /// None: being degraded is no incident.
    case none
    /// The one that is open after the step.
    case open
    /// The one that the step closed.
    case closed
  }

  static func subject(of notice: Notice) -> Subject {
    guard notice.verdict.severity != nil else { return .none }
    return notice.kind == .ended ? .closed : .open
  }

  /// How the matter ended of which `notice` says that it is over; `nil` for other notices.
  static func ending(of notice: Notice, in step: TakenStep) -> CloseReason? {
    guard notice.kind == .ended else { return nil }
    for case .closeIncident(_, let reason) in step.directives { return reason }
    return step.after.settings?.active == false ? .withdrawn : .recovered
  }

  /// Adds the row of one notice. To be called after what the step's directives before it do to
  /// incidents and verdicts.
  static func add(
    _ notice: Notice, of step: TakenStep, monitor: Int64, to pipeline: inout Pipeline
  ) throws(PostgresError) {
    let subject = subject(of: notice)
    try pipeline.add(
      """
      INSERT INTO notice (
        organization_id, monitor_key, incident_id, verdict_id, step, kind, urgency, verdict, domain,
        at, created_at, body)
      SELECT m.organization_id, m.key, i.id, v.id, $2, $3, $4, $5, $6, $7, $8,
        jsonb_strip_nulls(jsonb_build_object(
          'monitor', jsonb_build_object('id', m.id, 'name', m.name, 'target', m.target),
          'tally', v.tally, 'since', floor(extract(epoch FROM i.started_at) * 1000)::int8,
          'ending', $11::text,
          'cause', CASE WHEN $3 <> 'ended' THEN (
            SELECT b->'evidence' FROM jsonb_array_elements(v.votes) b
            WHERE b->>'kind' IN ('attributable', 'ambiguous') AND b->>'uncounted' IS NULL
            LIMIT 1) END))
      FROM monitor m
      LEFT JOIN incident i ON i.monitor_key = m.key
        AND (($9 AND i.ended_at IS NULL) OR ($10 AND i.log_last = $2))
      LEFT JOIN LATERAL (
        SELECT id, tally, votes FROM verdict WHERE monitor_key = m.key ORDER BY id DESC LIMIT 1
      ) v ON true
      WHERE m.key = $1
      """, monitor, step.number, notice.kind.rawValue, notice.urgency.rawValue,
      notice.verdict.rawValue, notice.domain, Timestamp(milliseconds: notice.at),
      Timestamp(milliseconds: step.after.steppedAt), subject == .open, subject == .closed,
      ending(of: notice, in: step)?.rawValue)
  }
}
