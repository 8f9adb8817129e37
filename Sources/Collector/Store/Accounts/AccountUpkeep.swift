public import Postgres

/// Takes away what accounts leave behind: to be called now and then, by any collector.
public enum AccountUpkeep {
  /// How long things are kept, in days.
  public struct Retention: Hashable, Sendable {
    /// Sessions and invitations that can't be used any more.
    public var pastDays: Int32 = 30
    public var auditDays: Int32 = 400

    public init() {}
  }

  /// Rows that one call takes of the audit log at most, so that no transaction is long.
  private static let auditRows = 50_000

  /// Does what is due; returns how many rows went.
  public static func run(
    _ connection: Connection, keeping retention: Retention = Retention()
  ) throws -> Int {
    var removed = 0
    let past: [SQL] = [
      """
      DELETE FROM login_session
      WHERE least(expires_at, ended_at, used_at + idle_s * interval '1 second')
        < now() - make_interval(days => $1)
      """,
      """
      DELETE FROM invitation
      WHERE least(expires_at, used_at, revoked_at) < now() - make_interval(days => $1)
      """,
      "DELETE FROM setup_link WHERE expires_at < now() - make_interval(days => $1)",
    ]
    for statement in past {
      removed += try connection.query(statement, retention.pastDays).affected
    }
    // Waits for no try that is being counted, which might wait for it.
    removed += try connection.query(
      """
      DELETE FROM login_attempt WHERE name IN (
        SELECT name FROM login_attempt WHERE clear_at < now() - interval '1 minute'
        FOR UPDATE SKIP LOCKED)
      """
    ).affected
    removed += try connection.joiningTransaction { connection in
      try connection.execute("SET LOCAL upblit.clears_audit = 'yes'")
      let old = try connection.query(
        """
        DELETE FROM audit WHERE id IN (
          SELECT id FROM audit WHERE at < now() - make_interval(days => $1) LIMIT $2)
        """, retention.auditDays, auditRows
      ).affected
      try connection.execute("SET LOCAL upblit.clears_audit = 'no'")
      return old
    }
    return removed
  }
}
