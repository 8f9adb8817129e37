public import Postgres

/// Whether an invitation can be used.
public enum InvitationStanding: String, Hashable, Sendable, CaseIterable {
  case open
  case used
  case revoked
  case expired
  /// Who made it could not give this role any more.
  case withdrawn
  /// It is for somebody else.
  case anotherAddress = "another_address"
  /// There is none.
  case unknown

  /// How an invitation stands. What happened to it comes before what time did.
  static func decide(
    isUsed: Bool, isRevoked: Bool, isExpired: Bool, maker: Authority?, role: Role,
    boundTo email: EmailAddress?, taker: EmailAddress?
  ) -> InvitationStanding {
    if isUsed { return .used }
    if isRevoked { return .revoked }
    if isExpired { return .expired }
    if let maker, !maker.mayGive(role) { return .withdrawn }
    if let email, email != taker { return .anotherAddress }
    return .open
  }
}

/// An invitation as the organization sees it; its secret is gone.
public struct InvitationRecord: Hashable, Sendable {
  public var id: InvitationID
  public var role: Role
  /// Whose it is alone.
  public var email: String?
  /// `nil`: the installation.
  public var maker: PersonID?
  public var createdAt: Timestamp
  public var expiresAt: Timestamp
  public var usedAt: Timestamp?
  public var usedBy: PersonID?
  public var revokedAt: Timestamp?
  public var isExpired: Bool

  /// `open`, `used`, `revoked` or `expired`.
  public var standing: InvitationStanding {
    InvitationStanding.decide(
      isUsed: usedAt != nil, isRevoked: revokedAt != nil, isExpired: isExpired, maker: nil,
      role: role, boundTo: nil, taker: nil)
  }

  public var position: Position { Position(createdAt: createdAt, id: id) }

  /// Where a page of the list ended.
  public struct Position: Hashable, Sendable {
    public var createdAt: Timestamp
    public var id: InvitationID

    public init(createdAt: Timestamp, id: InvitationID) {
      self.createdAt = createdAt
      self.id = id
    }
  }

  static let columns: SQL = """
    SELECT i.id, i.role, i.email, i.maker_id, i.created_at, i.expires_at, i.used_at, i.used_by,
      i.revoked_at, i.expires_at <= now()
    FROM invitation i
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    role = Role(rawValue: try row.get(1)) ?? .viewer
    email = try row.get(2)
    maker = try row.get(3)
    createdAt = try row.get(4)
    expiresAt = try row.get(5)
    usedAt = try row.get(6)
    usedBy = try row.get(7)
    revokedAt = try row.get(8)
    isExpired = try row.get(9)
  }
}

/// What the one who has an invitation's link may see.
public struct InvitationOffer: Hashable, Sendable {
  public var id: InvitationID
  public var organization: OrganizationID
  public var organizationName: String
  public var role: Role
  /// Whose it is alone.
  public var email: String?
  public var expiresAt: Timestamp
  private var isUsed: Bool
  private var isRevoked: Bool
  private var isExpired: Bool
  private var maker: Authority

  /// How it stands for a person of that address.
  public func standing(for taker: EmailAddress?) -> InvitationStanding {
    InvitationStanding.decide(
      isUsed: isUsed, isRevoked: isRevoked, isExpired: isExpired, maker: maker, role: role,
      boundTo: email.flatMap { EmailAddress($0) }, taker: taker)
  }

  static let columns: SQL = """
    SELECT i.id, o.id, o.name, i.role, i.email, i.expires_at, i.used_at IS NOT NULL,
      i.revoked_at IS NOT NULL, i.expires_at <= now(), i.made_by, p.is_operator,
      p.disabled_at IS NOT NULL, m.role
    FROM invitation i JOIN organization o ON o.id = i.organization_id
    LEFT JOIN person p ON p.id = i.maker_id
    LEFT JOIN membership m ON m.person_id = i.maker_id AND m.organization_id = i.organization_id
    WHERE i.secret_hash = $1
    """

  init(_ row: Row) throws(PostgresError) {
    id = try row.get(0)
    organization = OrganizationID(rawValue: try row.get(1))
    organizationName = try row.get(2)
    role = Role(rawValue: try row.get(3)) ?? .viewer
    email = try row.get(4)
    expiresAt = try row.get(5)
    isUsed = try row.get(6)
    isRevoked = try row.get(7)
    isExpired = try row.get(8)
    maker = try AuthorityQueries.authority(ofMaker: row, at: 9, scopes: [])
  }
}
