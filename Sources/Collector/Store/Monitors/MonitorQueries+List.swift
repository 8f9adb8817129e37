public import OpenSSL
public import Postgres

extension MonitorQueries {
  /// Which monitors are wanted; `nil` leaves a thing open.
  public struct Filter: Hashable, Sendable {
    /// As `MonitorRecord.state` says it.
    public var state: String?
    /// The word for a kind of check.
    public var kind: String?
    public var tag: String?
    /// What the name or the target contains, in whatever case.
    public var words: String?
    public var paused: Bool?

    public init() {}
  }

  /// At most `limit` monitors whose key is above `after`, in the order in which they were made.
  public static func list(
    _ filter: Filter = Filter(), after: Int64?, limit: Int, organization: OrganizationID,
    sealing: SealingKey, on connection: Connection
  ) throws -> [MonitorRecord] {
    var statement = Statement(
      "SELECT " + MonitorRecord.columns + " FROM monitor m" + MonitorRecord.newestVerdict)
    statement.add("WHERE m.organization_id = ", organization.rawValue, " AND m.deleted_at IS NULL")
    filter.add(to: &statement)
    if let state = filter.state {
      if state == "paused" {
        statement.add(" AND m.paused")
      } else {
        statement.add(" AND NOT m.paused AND coalesce(v.verdict, 'pending') = ", state)
      }
    }
    if let after { statement.add(" AND m.key > ", after) }
    statement.add(" ORDER BY m.key LIMIT ", limit)
    return try statement.run(on: connection).map { try MonitorRecord($0, sealing) }
  }
}

extension MonitorQueries.Filter {
  /// The conditions on the row `m` itself.
  fileprivate func add(to statement: inout Statement) {
    if let kind { statement.add(" AND m.kind = ", kind) }
    if let tag { statement.add(" AND m.tags @> ARRAY[", tag, "]") }
    if let paused { statement.add(" AND m.paused = ", paused) }
    if let words { statement.addSearch(words) }
  }
}

extension Statement {
  /// That the name or the target of the monitor `m` contains `words`, in whatever case. Nothing in
  /// them is a wildcard.
  mutating func addSearch(_ words: String) {
    let wanted = parameter(words)
    add(" AND (strpos(lower(m.name), lower(" + wanted + ")) > 0")
    add(" OR strpos(lower(m.target), lower(" + wanted + ")) > 0)")
  }
}
