import Checks
import JSON
public import Model
public import OpenSSL
public import Postgres
public import Quorum

/// Monitors in the store, the secrets of their checks sealed (`sealing`). Each change tells
/// listeners on `upblit_monitor` the monitor's key when it commits, so that assignments and
/// decisions follow.
public enum MonitorQueries {
  /// Stores the new monitor that `make` gives; what it throws undoes all. It is told the policy that a
  /// monitor without one of its own inherits, which stands still meanwhile.
  public static func create(
    organization: OrganizationID, sealing: SealingKey, on connection: Connection,
    _ make: (Policy) throws -> MonitorDraft
  ) throws -> MonitorRecord {
    let id = MonitorID.random()
    return try connection.joiningTransaction { connection in
      let draft = try make(
        OrganizationQueries.policyForInheriting(of: organization, on: connection))
      try MonitorParent.check(
        draft.parent, of: nil, organization: organization, on: connection)
      let inserted = try connection.query(
        """
        INSERT INTO monitor (id, organization_id, name, kind, target, "check", interval_s,
          timeout_ms, regions, policy, paused, secrets, parent_key, tags)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
          (SELECT key FROM monitor WHERE id = $13 AND organization_id = $2), $14)
        RETURNING key, slot, epoch
        """, id, organization.rawValue, draft.name, draft.check.kind.word, draft.check.target,
        JSONText(CheckDocument.encode(draft.check)), draft.intervalSeconds, draft.timeoutMs,
        draft.regions, draft.policy.map { JSONText(PolicyDocument.json($0).text) }, draft.paused,
        try seal(draft, of: id, sealing), draft.parent, draft.tags)
      guard let row = inserted.first else { throw missing }
      let (key, slot, epoch) = try row.decode(Int64.self, Int64.self, Int32.self)
      try addSlot(slot, monitor: key, epoch: epoch, organization: organization, on: connection)
      try connection.notify(.monitor, String(key))
      guard let record = try get(id, organization: organization, sealing: sealing, on: connection)
      else {
        throw missing
      }
      return record
    }
  }

  /// The monitor called `id`; `nil` where the organization has none, or no longer.
  public static func get(
    _ id: MonitorID, organization: OrganizationID, sealing: SealingKey, on connection: Connection
  ) throws -> MonitorRecord? {
    let rows = try connection.query(
      "SELECT " + MonitorRecord.columns + " FROM monitor m" + MonitorRecord.newestVerdict
        + "WHERE m.id = $1 AND m.organization_id = $2 AND m.deleted_at IS NULL",
      id, organization.rawValue)
    return try rows.first.map { try MonitorRecord($0, sealing) }
  }

  /// The same, whose row stays locked until the transaction ends.
  public static func getLocked(
    _ id: MonitorID, organization: OrganizationID, sealing: SealingKey, on connection: Connection
  ) throws -> MonitorRecord? {
    try connection.query(
      """
      SELECT 1 FROM monitor WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL
      FOR NO KEY UPDATE
      """, id, organization.rawValue)
    return try get(id, organization: organization, sealing: sealing, on: connection)
  }

  /// The store's number of a monitor, deleted ones too; `nil` where the organization never had it.
  public static func key(
    of id: MonitorID, organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) -> Int64? {
    let rows = try connection.query(
      "SELECT key FROM monitor WHERE id = $1 AND organization_id = $2", id, organization.rawValue)
    return try rows.first?.get(0)
  }

  /// Changes a monitor under its row's lock; its organization's policy stands still meanwhile.
  ///
  /// `edit` is given the monitor as it is and changes its draft; what it throws undoes all. A
  /// changed check, interval or timeout begins a new epoch with a slot of its own. Returns `nil`
  /// where the organization has no such monitor.
  public static func change(
    _ id: MonitorID, organization: OrganizationID, sealing: SealingKey, on connection: Connection,
    _ edit: (MonitorRecord, inout MonitorDraft) throws -> Void
  ) throws -> MonitorRecord? {
    try connection.joiningTransaction { connection in
      try connection.query(
        """
        SELECT 1 FROM monitor m JOIN organization o ON o.id = m.organization_id
        WHERE m.id = $1 AND m.organization_id = $2 AND m.deleted_at IS NULL
        FOR NO KEY UPDATE OF m FOR SHARE OF o
        """, id, organization.rawValue)
      guard let old = try get(id, organization: organization, sealing: sealing, on: connection)
      else { return nil }
      var draft = old.draft
      try edit(old, &draft)
      if draft == old.draft { return old }
      if draft.parent != old.draft.parent {
        try MonitorParent.lock(organization, on: connection)
        try MonitorParent.check(
          draft.parent, of: old.key, organization: organization, on: connection)
      }
      if !draft.isSameQuestion(as: old.draft) {
        try beginEpoch(of: old.key, organization: organization, on: connection)
      }
      try connection.query(
        """
        UPDATE monitor SET name = $3, kind = CASE WHEN $15 THEN kind ELSE $4 END,
          target = CASE WHEN $15 THEN target ELSE $5 END,
          "check" = CASE WHEN $15 THEN "check" ELSE $6 END, interval_s = $7,
          timeout_ms = $8, regions = $9, policy = $10, paused = $11,
          secrets = CASE WHEN $14 THEN secrets ELSE $12 END,
          parent_key = (SELECT p.key FROM monitor p WHERE p.id = $13 AND p.organization_id = $2),
          tags = $16,
          updated_at = greatest(now(), updated_at + interval '1 microsecond')
        WHERE id = $1 AND organization_id = $2
        """, id, organization.rawValue, draft.name, draft.check.kind.word, draft.check.target,
        JSONText(CheckDocument.encode(draft.check)), draft.intervalSeconds, draft.timeoutMs,
        draft.regions, draft.policy.map { JSONText(PolicyDocument.json($0).text) }, draft.paused,
        try seal(draft, of: id, sealing), draft.parent, draft.keepsStoredSecrets,
        draft.checkProblem != nil, draft.tags)
      try connection.notify(.monitor, String(old.key))
      return try get(id, organization: organization, sealing: sealing, on: connection)
    }
  }

  /// Deletes a monitor: it is probed no more and shown no more, its history stays. Again does
  /// nothing. `false` where the organization never had it.
  public static func delete(
    _ id: MonitorID, organization: OrganizationID, on connection: Connection
  ) throws -> Bool {
    try connection.joiningTransaction { connection in
      let rows = try connection.query(
        """
        UPDATE monitor SET deleted_at = now(), updated_at = now()
        WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL RETURNING key
        """, id, organization.rawValue)
      guard let row = rows.first else {
        return try key(of: id, organization: organization, on: connection) != nil
      }
      try connection.notify(.monitor, String(try row.get(0, as: Int64.self)))
      return true
    }
  }

  private static func seal(
    _ draft: MonitorDraft, of id: MonitorID, _ sealing: SealingKey
  ) throws(OpenSSLError) -> [UInt8]? {
    try SealedSecrets.seal(CheckDocument.secrets(of: draft.check), monitor: id, sealing)
  }

  private static func beginEpoch(
    of key: Int64, organization: OrganizationID, on connection: Connection
  ) throws {
    let rows = try connection.query(
      """
      UPDATE monitor SET epoch = epoch + 1, slot = nextval('slot_seq')
      WHERE key = $1 AND organization_id = $2 RETURNING slot, epoch
      """, key, organization.rawValue)
    guard let row = rows.first else { throw missing }
    let (slot, epoch) = try row.decode(Int64.self, Int32.self)
    try addSlot(slot, monitor: key, epoch: epoch, organization: organization, on: connection)
  }

  private static func addSlot(
    _ slot: Int64, monitor: Int64, epoch: Int32, organization: OrganizationID,
    on connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      """
      INSERT INTO monitor_slot (slot, monitor_key, epoch, organization_id) VALUES ($1, $2, $3, $4)
      """, slot, monitor, epoch, organization.rawValue)
  }

  private static var missing: PostgresError {
    PostgresError(.bug, "a monitor that was just written is not there")
  }
}
