import Model
import OpenSSL
import Postgres

/// Who an agent is to the ingress: its keys and its place.
public struct AgentCredentials: Sendable {
  public var agentKey: Int32
  public var id: AgentID
  /// `nil`: the installation's.
  public var organizationID: Int32?
  public var name: String
  public var region: String
  public var provider: String
  public var isRevoked: Bool
  /// The root in force.
  public var current: Root
  /// A root that the agent was given and has not proven yet.
  public var pending: Root?
  /// The root before the current one: good only for what had been assigned when it was replaced.
  public var previous: Root?

  /// A root key and its number.
  public struct Root: Hashable, Sendable {
    public var keyID: Int32
    /// 32 bytes.
    public var bytes: [UInt8]

    public init(keyID: Int32, bytes: [UInt8]) {
      self.keyID = keyID
      self.bytes = bytes
    }
  }

  /// The root that a HELLO may prove: the current one, or the pending.
  public func root(forHello keyID: Int32) -> Root? {
    if current.keyID == keyID { return current }
    return pending?.keyID == keyID ? pending : nil
  }

  /// Reads an agent's credentials; `nil` where there is no such agent. What there is does not show in
  /// how many roots are opened: it is always as many as an agent can have.
  public static func find(
    _ id: AgentID, key: SealingKey, _ connection: Connection
  ) throws -> AgentCredentials? {
    let rows = try connection.query(
      """
      SELECT key, organization_id, name, region, provider, status, key_id, root_sealed,
        pending_key_id, pending_root_sealed, previous_key_id, previous_root_sealed
      FROM agent WHERE id = $1
      """, id)
    let row = rows.first
    let roots = try SealedRoots(row, columns: [6, 8, 10], agent: id).open(key)
    guard let row, let current = roots[0] else { return nil }
    return AgentCredentials(
      agentKey: try row.get(0), id: id, organizationID: try row.get(1), name: try row.get(2),
      region: try row.get(3), provider: try row.get(4),
      isRevoked: try row.get(5, as: String.self) == "revoked", current: current,
      pending: roots[1], previous: roots[2])
  }
}
