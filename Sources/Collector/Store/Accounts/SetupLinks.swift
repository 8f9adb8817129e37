public import Postgres

/// The link by which the first person of an installation is made, who then is its operator.
public enum SetupLinks {
  /// How long it works, in seconds, unless it is said.
  public static let defaultLifetimeSeconds: Int64 = 24 * 3600

  private static let context = AuditContext(actor: .system("setup link"))

  /// Makes a link, which replaces an earlier one; its secret is in the answer and nowhere else. `nil`
  /// where there are people already.
  public static func make(
    lifetimeSeconds: Int64 = defaultLifetimeSeconds, on connection: Connection
  ) throws -> SetupSecret? {
    try AuditTrail.write(by: context, on: connection) { write in
      let connection = write.connection
      try connection.lock(.people)
      if try PersonQueries.isThereAnybody(on: connection) {
        write.nothingChanged()
        return nil
      }
      let secret = SetupSecret.random()
      try connection.query(
        """
        INSERT INTO setup_link (secret_hash, expires_at)
        VALUES ($1, now() + $2 * interval '1 second')
        ON CONFLICT (singleton) DO UPDATE
        SET secret_hash = excluded.secret_hash, expires_at = excluded.expires_at
        """, try secret.hash, min(max(60, lifetimeSeconds), 30 * 86_400))
      try write.record(AuditEntry("setup_link.create", organization: nil))
      return secret
    }
  }

  /// Whether a link works, to be asked before a person fills in a form.
  public static func isOpen(_ secret: SetupSecret, on connection: Connection) throws -> Bool {
    try connection.query(
      """
      SELECT 1 FROM setup_link WHERE secret_hash = $1 AND expires_at > now()
        AND NOT EXISTS (SELECT FROM person)
      """, try secret.hash
    ).count == 1
  }

  /// Uses the link up: makes the first person an operator and the owner of an organization of that
  /// name, which is made where it is missing. Throws `setupLink`.
  public static func redeem(
    _ secret: SetupSecret, _ draft: PersonDraft, organization: String, on connection: Connection
  ) throws -> (person: PersonRecord, organization: OrganizationID) {
    return try AuditTrail.write(by: context, on: connection) { write in
      try write.connection.lock(.people)
      guard try isOpen(secret, on: write.connection) else { throw AccountRefusal.setupLink }
      try write.connection.query("DELETE FROM setup_link")
      return try Administrator.makeOperator(draft, organization: organization, in: write)
    }
  }
}
