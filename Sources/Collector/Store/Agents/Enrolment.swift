import Model
import OpenSSL
import Postgres

/// What happens to a token when an agent comes with it: it is found, and then used up together with
/// the birth of the agent. A request that comes again gets the same answer until the token expires,
/// for its answer may have been lost.
public enum Enrolment {
  /// What a token is good for now.
  public enum Standing: Hashable, Sendable {
    /// It may be used. The secret proves the request.
    case open(Offer)
    /// The same request has used it: this was the answer.
    case answered([UInt8])
    /// There is no such token, or it is used, expired or revoked; not to be told apart.
    case refused
  }

  /// A token that may be used.
  public struct Offer: Hashable, Sendable {
    public var id: TokenID
    public var secret: [UInt8]
    public var region: String?
    public var provider: String?
  }

  /// The agent that a token turns into.
  public struct Newborn: Hashable, Sendable {
    public var id: AgentID
    /// 32 bytes.
    public var root: [UInt8]
    public var hostname: String
    /// The region in effect: the token's where it fixes one.
    public var region: String
    /// The provider in effect: the token's where it fixes one.
    public var provider: String
    public var software: String

    public init(
      id: AgentID, root: [UInt8], hostname: String, region: String, provider: String,
      software: String
    ) {
      self.id = id
      self.root = root
      self.hostname = hostname
      self.region = region
      self.provider = provider
      self.software = software
    }
  }

  /// Looks a token up for a request whose bytes have the digest `requestHash`.
  public static func find(
    _ id: TokenID, requestHash: [UInt8], key: SealingKey, _ connection: Connection
  ) throws -> Standing {
    try standing(id, requestHash, key, connection, lock: "")
  }

  /// Uses the token up: stores the agent with key 1 and the answer, in one transaction. Of a hundred
  /// requests at once one is answered with `open`'s sequel, the same one again with `answered`, the
  /// rest with `refused`.
  public static func complete(
    _ id: TokenID, requestHash: [UInt8], answer: [UInt8], newborn: Newborn, key: SealingKey,
    _ connection: Connection
  ) throws -> Standing {
    try connection.retryingTransaction { connection in
      let standing = try standing(
        id, requestHash, key, connection, lock: " FOR UPDATE OF t")
      guard case .open = standing else { return standing }
      let root = try SealedRoot.seal(newborn.root, agent: newborn.id, keyID: 1, key)
      let rows = try connection.query(
        """
        INSERT INTO agent (
          id, organization_id, name, region, provider, hostname, software, key_id, root_sealed)
        SELECT $1, organization_id, coalesce(name, $2), coalesce(region, $3),
          coalesce(provider, $4), $2, $5, 1, $6
        FROM enrolment_token WHERE id = $7
        RETURNING key
        """, newborn.id, newborn.hostname, newborn.region, newborn.provider, newborn.software,
        root, id)
      guard let agentKey = try rows.first?.get(0, as: Int32.self) else { return .refused }
      try connection.query(
        """
        UPDATE enrolment_token SET used_at = now(), secret_sealed = NULL, request_hash = $2,
          answer = $3, agent_key = $4
        WHERE id = $1
        """, id, requestHash, answer, agentKey)
      try connection.notify(.membership, String(agentKey))
      return .answered(answer)
    }
  }

  private static func standing(
    _ id: TokenID, _ requestHash: [UInt8], _ key: SealingKey, _ connection: Connection, lock: SQL
  ) throws -> Standing {
    let rows = try connection.query(
      """
      SELECT t.secret_sealed, t.region, t.provider, t.used_at IS NOT NULL, t.request_hash, t.answer
      FROM enrolment_token AS t
      WHERE t.id = $1 AND t.revoked_at IS NULL AND t.expires_at > now()
      """ + lock, id)
    // A secret is opened whatever there is, so that the time does not tell.
    let context = EnrolmentTokens.context(id)
    let decoy = try key.seal([UInt8](repeating: 0, count: 32), context: context)
    let kept = try rows.first?.get(0, as: [UInt8]?.self) ?? nil
    let secret = try key.open(kept ?? decoy, context: context)
    guard let row = rows.first else { return .refused }
    let (sealed, region, provider, isUsed, hash, answer) = try row.decode(
      [UInt8]?.self, String?.self, String?.self, Bool.self, [UInt8]?.self, [UInt8]?.self)
    if isUsed {
      guard let answer, hash == requestHash else { return .refused }
      return .answered(answer)
    }
    guard sealed != nil else { return .refused }
    return .open(Offer(id: id, secret: secret, region: region, provider: provider))
  }
}
