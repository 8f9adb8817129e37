public import Postgres

/// Organizations in the store.
public enum OrganizationQueries {
  /// The organization called `name`, made where it is missing. Its row stays locked until the
  /// transaction ends, so that what is decided about its keys is decided one at a time.
  public static func findOrCreate(
    name: String, on connection: Connection
  ) throws(PostgresError) -> OrganizationID {
    let rows = try connection.query(
      """
      INSERT INTO organization (name) VALUES ($1)
      ON CONFLICT (name) DO UPDATE SET name = excluded.name
      RETURNING id
      """, name)
    guard let row = rows.first else {
      throw PostgresError(.bug, "an organization was neither made nor found")
    }
    return OrganizationID(rawValue: try row.get(0))
  }
}
