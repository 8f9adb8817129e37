public import Postgres

/// What a new API key is to be.
public struct APIKeyDraft: Hashable, Sendable {
  public var name: String
  public var scopes: Set<Scope>
  /// `nil`: never.
  public var expiresAt: Timestamp?
  /// From where it may be used; `nil`: from everywhere.
  public var networks: [IPNetwork]?

  public init(
    name: String, scopes: Set<Scope>, expiresAt: Timestamp? = nil, networks: [IPNetwork]? = nil
  ) {
    self.name = name
    self.scopes = scopes
    self.expiresAt = expiresAt
    self.networks = networks
  }

  /// The draft of a key that `parent` makes: what is left out is as of the parent; `nil` where it asks
  /// for more. Without a parent it is what it is.
  func bounded(by parent: APIKeyQueries.Record?) -> APIKeyDraft? {
    guard let parent else { return self }
    var draft = self
    if let end = parent.expiresAt {
      let wished = expiresAt ?? end
      guard wished <= end else { return nil }
      draft.expiresAt = wished
    }
    if let bounds = parent.networks {
      let wished = networks ?? bounds
      guard wished.allSatisfy({ network in bounds.contains { $0.contains(network) } }) else {
        return nil
      }
      draft.networks = wished
    }
    return draft
  }
}

extension APIKeyQueries {
  /// A key as its owners see it; the secret is gone.
  public struct Record: Hashable, Sendable {
    public var id: APIKeyID
    public var name: String
    /// As they were wished when it was made.
    public var scopes: Set<Scope>
    /// What it may do now: less, where its maker may do less.
    public var effectiveScopes: Set<Scope>
    /// The secret's last four letters.
    public var secretEnd: String
    public var networks: [IPNetwork]?
    /// Who made it, or made the key that made it; `nil`: the installation's command line.
    public var maker: PersonID?
    /// The key that made it, with which it is revoked.
    public var parent: APIKeyID?
    public var createdAt: Timestamp
    public var expiresAt: Timestamp?
    /// To the minute.
    public var lastUsedAt: Timestamp?
    public var lastAddress: String?
    public var revokedAt: Timestamp?

    /// What may be shown of the secret.
    public var secretHint: String { "\(APIKeySecret.prefix)...\(secretEnd)" }
    public var position: Position { Position(createdAt: createdAt, id: id) }

    static let columns: SQL = """
      SELECT k.id, k.name, k.scopes, k.secret_end, k.networks::text[], k.maker_id, k.created_at,
        k.expires_at, k.last_used_at, host(k.last_address), k.revoked_at, k.parent_id, k.made_by,
        p.is_operator, p.disabled_at IS NOT NULL, m.role
      FROM api_key k LEFT JOIN person p ON p.id = k.maker_id
      LEFT JOIN membership m ON m.person_id = k.maker_id AND m.organization_id = k.organization_id

      """

    init(_ row: Row) throws(PostgresError) {
      id = try row.get(0)
      name = try row.get(1)
      scopes = APIKeyQueries.scopes(try row.get(2))
      secretEnd = try row.get(3)
      networks = try row.get(4, as: [String]?.self).map { $0.compactMap { IPNetwork($0) } }
      maker = try row.get(5)
      createdAt = try row.get(6)
      expiresAt = try row.get(7)
      lastUsedAt = try row.get(8)
      lastAddress = try row.get(9)
      revokedAt = try row.get(10)
      parent = try row.get(11)
      effectiveScopes = try AuthorityQueries.authority(ofMaker: row, at: 12, scopes: scopes)
        .allows(scopes)
    }
  }

  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var createdAt: Timestamp
    public var id: APIKeyID

    public init(createdAt: Timestamp, id: APIKeyID) {
      self.createdAt = createdAt
      self.id = id
    }
  }

  /// Scopes of a release that this one does not know are left out: they allow nothing here.
  static func scopes(_ words: [String]) -> Set<Scope> {
    Set(words.compactMap(Scope.init(rawValue:)))
  }
}
