import JSON
import Model
import Postgres

/// The monitor without which another can't be up, as a team declares it.
enum MonitorParent {
  /// Lets one after the other change parents within an organization: two at once could each find
  /// nothing wrong and make a circle together.
  static func lock(
    _ organization: OrganizationID, on connection: Connection
  ) throws(PostgresError) {
    try connection.query(
      "SELECT pg_advisory_xact_lock($1, $2)", AdvisoryLock.parents, organization.rawValue)
  }

  /// Checks that `parent` can be the parent of the monitor `key` (`nil` for a new one).
  ///
  /// Throws `FieldErrors` at `/parent` where the organization has no such monitor, or where the
  /// monitor would be above itself.
  static func check(
    _ parent: MonitorID?, of key: Int64?, organization: OrganizationID, on connection: Connection
  ) throws {
    guard let parent else { return }
    let rows = try connection.query(
      """
      WITH RECURSIVE above AS (
        SELECT key, parent_key FROM monitor
        WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL
        UNION
        SELECT m.key, m.parent_key FROM monitor AS m JOIN above AS a ON m.key = a.parent_key
      ) SELECT key FROM above
      """, parent, organization.rawValue)
    guard rows.count > 0 else {
      throw FieldErrors(pointer: "/parent", detail: "is no monitor of this organization")
    }
    for row in rows where try row.get(0, as: Int64.self) == key {
      throw FieldErrors(
        pointer: "/parent", detail: "would put the monitor above itself: it is the parent's parent")
    }
  }
}
