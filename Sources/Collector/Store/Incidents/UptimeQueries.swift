public import Postgres
public import Quorum

/// How much of a time a monitor was up, from its stored verdicts.
public enum UptimeQueries {
  /// The most verdicts that one span may hold.
  public static let mostVerdicts = 100_000

  /// What was found.
  public struct Report: Hashable, Sendable {
    /// The span that was counted: as asked for, but not before the monitor was made, not after it was
    /// deleted, and not in the future.
    public var since: Timestamp
    public var until: Timestamp
    /// What is taken out of it are pauses.
    public var uptime: Uptime
  }

  /// Why there is no answer.
  public enum Refusal: Error, Hashable, Sendable {
    /// The span holds more than `mostVerdicts`.
    case tooManyVerdicts
  }

  /// Adds up a monitor's verdicts from `since` to `until`, which is not in it.
  ///
  /// A verdict holds since its backdated start, also of one that was reached after `until`. Throws
  /// `PostgresError` or `Refusal`.
  ///
  /// - Parameter partialIsDown: whether PARTIAL counts as down.
  public static func report(
    monitor: Int64, since: Timestamp, until: Timestamp, partialIsDown: Bool,
    organization: OrganizationID, on connection: Connection
  ) throws -> Report? {
    let rows = try connection.query(
      """
      SELECT greatest($3, created_at), least($4, deleted_at, clock_timestamp()) FROM monitor
      WHERE key = $1 AND organization_id = $2
      """, monitor, organization.rawValue, since, until)
    guard let row = rows.first else { return nil }
    let from = try row.get(0, as: Timestamp.self)
    let to = max(from, try row.get(1, as: Timestamp.self))
    let pauses = try pauses(of: monitor, organization, until: to, connection)
    let decisions = try decisions(of: monitor, organization, from: from, to: to, connection)
    let intervals = VerdictInterval.intervals(
      of: merged(decisions, pauses), until: to.milliseconds)
    let uptime = Uptime(
      intervals, from: from.milliseconds, to: to.milliseconds, excluding: pauses,
      partialIsDown: partialIsDown)
    return Report(since: from, until: to, uptime: uptime)
  }

  /// A verdict as it was reached; `nil` where nothing was said any more.
  struct Decision {
    var verdict: Verdict?
    var startedAt: Int64
    var decidedAt: Int64
  }

  /// The verdict that stood at `from` and all since that hold before `to`, as they were reached.
  private static func decisions(
    of monitor: Int64, _ organization: OrganizationID, from: Timestamp, to: Timestamp,
    _ connection: Connection
  ) throws -> [Decision] {
    let rows = try connection.query(
      """
      SELECT verdict, started_at, decided_at FROM verdict
      WHERE monitor_key = $1 AND organization_id = $2 AND started_at < $4 AND id >= coalesce((
        SELECT id FROM verdict WHERE monitor_key = $1 AND organization_id = $2 AND decided_at <= $3
        ORDER BY id DESC LIMIT 1), 0)
      ORDER BY id LIMIT $5
      """, monitor, organization.rawValue, from, to, mostVerdicts + 1)
    guard rows.count <= mostVerdicts else { throw Refusal.tooManyVerdicts }
    return try rows.map { row in
      Decision(
        verdict: Verdict(rawValue: try row.get(0)) ?? .unknown,
        startedAt: try row.get(1, as: Timestamp.self).milliseconds,
        decidedAt: try row.get(2, as: Timestamp.self).milliseconds)
    }
  }

  private static func pauses(
    of monitor: Int64, _ organization: OrganizationID, until end: Timestamp,
    _ connection: Connection
  ) throws(PostgresError) -> [TimeSpan] {
    var pauses: [TimeSpan] = []
    for row in try connection.query(
      """
      SELECT started_at, least(ended_at, $3) FROM monitor_pause
      WHERE monitor_key = $1 AND organization_id = $2 AND started_at < $3 ORDER BY started_at
      """, monitor, organization.rawValue, end)
    {
      pauses.append(
        TimeSpan(
          from: try row.get(0, as: Timestamp.self).milliseconds,
          to: try row.get(1, as: Timestamp.self).milliseconds))
    }
    return pauses
  }

  /// Decisions with the ends that pauses put to them: what was said before a pause says nothing of
  /// the time after it.
  static func merged(
    _ decisions: [Decision], _ pauses: [TimeSpan]
  ) -> [(verdict: Verdict?, startedAt: Int64)] {
    let ends = pauses.flatMap { [$0.from, $0.to] }.map {
      Decision(verdict: nil, startedAt: $0, decidedAt: $0)
    }
    return (decisions + ends).enumerated().sorted {
      ($0.element.decidedAt, $0.offset) < ($1.element.decidedAt, $1.offset)
    }.map { ($0.element.verdict, $0.element.startedAt) }
  }
}
