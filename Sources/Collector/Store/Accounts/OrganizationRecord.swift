public import Model
public import Postgres
public import Quorum

/// An organization as the store holds it.
public struct OrganizationRecord: Hashable, Sendable {
  public var id: OrganizationID
  public var uuid: OrganizationUUID
  public var name: String
  /// What decides for monitors that have no policy of their own.
  public var policy: Policy
  public var createdAt: Timestamp
  public var updatedAt: Timestamp
  /// How many of its monitors inherit the policy.
  public var inheriting: Int64

  /// Changes with every change of the organization.
  public var version: String { String(updatedAt.microseconds) }

  static let columns: SQL = """
    SELECT o.id, o.uuid, o.name, o.policy, o.created_at, o.updated_at,
      (SELECT count(*) FROM monitor m
       WHERE m.organization_id = o.id AND m.policy IS NULL AND m.deleted_at IS NULL)
    FROM organization o WHERE o.id = $1

    """

  init(_ row: Row) throws {
    id = OrganizationID(rawValue: try row.get(0))
    uuid = try row.get(1)
    name = try row.get(2)
    policy = try PolicyDocument.decode(try row.get(3, as: JSONText.self).text)
    createdAt = try row.get(4)
    updatedAt = try row.get(5)
    inheriting = try row.get(6)
  }
}
