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

  /// Reads an agent's credentials; `nil` where there is no such agent.
  public static func find(
    _ id: AgentID, key: SealingKey, _ connection: Connection
  ) throws -> AgentCredentials? {
    let rows = try connection.query(
      """
      SELECT key, organization_id, name, region, provider, status, key_id, root_sealed,
        pending_key_id, pending_root_sealed, previous_key_id, previous_root_sealed
      FROM agent WHERE id = $1
      """, id)
    guard let row = rows.first else { return nil }
    func root(_ column: Int) throws -> Root? {
      let (keyID, sealed) = (
        try row.get(column, as: Int32?.self), try row.get(column + 1, as: [UInt8]?.self)
      )
      guard let keyID, let sealed else { return nil }
      return Root(
        keyID: keyID, bytes: try SealedRoot.open(sealed, agent: id, keyID: keyID, key))
    }
    guard let current = try root(6) else { return nil }
    return AgentCredentials(
      agentKey: try row.get(0), id: id, organizationID: try row.get(1), name: try row.get(2),
      region: try row.get(3), provider: try row.get(4),
      isRevoked: try row.get(5, as: String.self) == "revoked", current: current,
      pending: try root(8), previous: try root(10))
  }
}
