import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct APIKeyTests {
  let scene: AccountScene
  let owner: PersonID

  init() throws {
    scene = try AccountScene()
    owner = try scene.person("owner", .owner)
  }

  private func make(
    _ scopes: Set<Scope>, by maker: PersonID? = nil, expiresAt: Timestamp? = nil,
    networks: [String]? = nil
  ) throws -> (record: APIKeyQueries.Record, secret: APIKeySecret) {
    try scene.key(scopes, by: maker, expiresAt: expiresAt, networks: networks)
  }

  private func find(_ secret: APIKeySecret, from address: String? = nil) throws -> Identity? {
    try APIKeyQueries.find(
      hash: secret.hash, from: address.flatMap { IPAddress(text: $0) }, on: scene.connection)
  }

  @Test func `a key is known by its last letters and its maker, and notes its use`() throws {
    let (record, secret) = try make([.monitorsRead], by: owner)
    #expect(record.secretHint == "upb_key_..." + secret.text.suffix(4))
    #expect(record.maker == owner && record.lastUsedAt == nil)
    let identity = try #require(try find(secret, from: "192.0.2.1"))
    #expect(identity.scopes == [.monitorsRead] && identity.keyID == record.id)
    #expect(identity.organization == scene.acme)
    var after = try APIKeyQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.lastUsedAt != nil && after?.lastAddress == "192.0.2.1")
    // A busy key is written once a minute, not at each use.
    let clock = try TestClock(scene.connection)
    _ = try find(secret, from: "2001:db8::1")
    after = try APIKeyQueries.get(record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.lastAddress == "192.0.2.1")
    try clock.advance(61_000, scene.connection)
    _ = try find(secret, from: "2001:db8::1")
    after = try APIKeyQueries.get(record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.lastAddress == "2001:db8::1")
  }

  @Test func `nobody makes a key that may more than they may`() throws {
    let editor = try scene.person("editor", .editor)
    #expect(throws: AccountRefusal.scopesBeyondMaker([.auditRead])) {
      try make([.monitorsRead, .auditRead], by: editor)
    }
    #expect(throws: AccountRefusal.scopesBeyondMaker([.installationOperator])) {
      try make([.installationOperator], by: owner)
    }
    let stranger = try scene.person("stranger")
    #expect(throws: AccountRefusal.scopesBeyondMaker([.monitorsRead])) {
      try make([.monitorsRead], by: stranger)
    }
    let root = try scene.person("root", isOperator: true)
    _ = try make([.installationOperator], by: root)
  }

  @Test func `a key makes no key that may more than it may itself`() throws {
    let (parent, _) = try make([.keysWrite, .monitorsRead], by: owner)
    func child(_ scopes: Set<Scope>) throws -> APIKeyQueries.Record {
      try scene.write(with: parent.id) {
        try APIKeyQueries.create(
          APIKeyDraft(name: "child", scopes: scopes), organization: scene.acme, in: $0
        ).record
      }
    }
    #expect(throws: AccountRefusal.scopesBeyondMaker([.monitorsWrite])) {
      try child([.monitorsWrite])
    }
    #expect(try child([.monitorsRead]).maker == owner)
    _ = try scene.write { try APIKeyQueries.revoke(parent.id, organization: scene.acme, in: $0) }
    #expect(throws: AccountRefusal.scopesBeyondMaker([.monitorsRead])) {
      try child([.monitorsRead])
    }
  }

  @Test func `a key shrinks and grows with its maker`() throws {
    let maker = try scene.person("maker", .admin)
    let (record, secret) = try make([.monitorsRead, .monitorsWrite, .auditRead], by: maker)
    func scopes() throws -> Set<Scope>? { try find(secret)?.scopes }
    func become(_ role: Role) throws {
      _ = try scene.write(by: owner) {
        try MembershipQueries.change(maker, to: role, organization: scene.acme, in: $0)
      }
    }
    #expect(try scopes() == [.monitorsRead, .monitorsWrite, .auditRead])
    try become(.editor)
    #expect(try scopes() == [.monitorsRead, .monitorsWrite])
    try become(.viewer)
    #expect(try scopes() == [.monitorsRead])
    let listed = try APIKeyQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(listed?.effectiveScopes == [.monitorsRead])
    #expect(listed?.scopes == [.monitorsRead, .monitorsWrite, .auditRead])
    try become(.owner)
    #expect(try scopes() == [.monitorsRead, .monitorsWrite, .auditRead])
    _ = try scene.write { try PersonQueries.disable(maker, in: $0) }
    #expect(try scopes() == nil)
    _ = try scene.write { try PersonQueries.enable(maker, in: $0) }
    #expect(try scopes() != nil)
    #expect(
      try scene.write(by: owner) {
        try MembershipQueries.remove(maker, organization: scene.acme, in: $0)
      })
    #expect(try scopes() == nil)
  }

  private static let uses: [([String]?, String?, Bool)] = [
    (nil, nil, true), (nil, "192.0.2.1", true),
    (["192.0.2.0/24"], "192.0.2.1", true), (["192.0.2.0/24"], "::ffff:192.0.2.1", true),
    (["192.0.2.0/24"], "192.0.3.1", false), (["192.0.2.0/24"], nil, false),
    (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::7", true),
    (["192.0.2.0/24", "2001:db8::/32"], "2001:db9::7", false), ([], "192.0.2.1", false),
  ]

  @Test(arguments: uses)
  func `a key is good from its networks alone`(
    _ networks: [String]?, _ address: String?, _ isGood: Bool
  ) throws {
    let (record, secret) = try make([.monitorsRead], networks: networks)
    #expect(record.networks?.map(\.description) == networks)
    #expect((try find(secret, from: address) != nil) == isGood)
  }

  @Test func `a key is good until it expires or is revoked`() throws {
    let clock = try TestClock(scene.connection)
    let soon = Timestamp.now().adding(milliseconds: 60_000)
    let (_, secret) = try make([.monitorsRead], expiresAt: soon)
    #expect(try find(secret) != nil)
    try clock.advance(61_000, scene.connection)
    #expect(try find(secret) == nil)
    let (record, other) = try make([.monitorsRead])
    let revoked = try scene.write(by: owner) {
      try APIKeyQueries.revoke(record.id, organization: scene.acme, in: $0)
    }
    #expect(revoked?.revokedAt != nil)
    #expect(try find(other) == nil)
  }

  @Test func `an editor revokes their own keys, an admin all`() throws {
    let (ann, bob) = (try scene.person("ann", .editor), try scene.person("bob", .admin))
    let (own, _) = try make([.monitorsRead], by: ann)
    let (others, _) = try make([.monitorsRead], by: owner)
    let (installations, _) = try make([.monitorsRead])
    func revoke(_ id: APIKeyID, by person: PersonID) throws -> Bool {
      try scene.write(by: person) {
        try APIKeyQueries.revoke(id, organization: scene.acme, in: $0)?.revokedAt != nil
      }
    }
    for id in [others.id, installations.id] {
      #expect(throws: AccountRefusal.keyOfAnother) { try revoke(id, by: ann) }
      #expect(try revoke(id, by: bob))
    }
    #expect(try revoke(own.id, by: ann))
  }

  @Test func `who is let in again finds their keys and invitations gone`() throws {
    let ann = try scene.person("ann", .admin)
    let (_, secret) = try make([.monitorsRead, .keysWrite], by: ann)
    let link = try scene.write(by: ann) {
      try InvitationQueries.create(role: .viewer, email: nil, organization: scene.acme, in: $0)
        .secret
    }
    _ = try scene.write(by: owner) {
      try MembershipQueries.remove(ann, organization: scene.acme, in: $0)
    }
    _ = try scene.write(by: owner) {
      try MembershipQueries.add(ann, as: .owner, organization: scene.acme, in: $0)
    }
    #expect(try find(secret) == nil)
    let offer = try InvitationQueries.offer(of: link, on: scene.connection)
    #expect(offer?.standing(for: nil) == .revoked)
  }

  @Test func `who is an operator no more leaves no key where they are no member`() throws {
    let root = try scene.person("root", isOperator: true)
    _ = try scene.person("other-root", isOperator: true)
    let (_, secret) = try make([.monitorsRead, .installationOperator], by: root)
    #expect(try find(secret)?.isOperator == true)
    for isOperator in [false, true] {
      _ = try scene.write { try PersonQueries.setOperator(isOperator, of: root, in: $0) }
      #expect(try find(secret) == nil)
    }
  }

  @Test func `a key that a key made is bounded by it, and goes with it`() throws {
    let end = Timestamp.now().adding(milliseconds: 3_600_000)
    let (parent, _) = try scene.key(
      [.keysWrite, .monitorsRead], by: owner, expiresAt: end, networks: ["192.0.2.0/24"])
    let (child, secret) = try scene.key([.keysWrite, .monitorsRead], with: parent.id)
    #expect(child.parent == parent.id && child.maker == owner)
    #expect(child.networks?.map(\.description) == ["192.0.2.0/24"])
    #expect(child.expiresAt == parent.expiresAt && child.expiresAt != nil)
    let beyond: [(Timestamp?, [String]?)] = [
      (end.adding(milliseconds: 1), nil), (nil, ["192.0.3.0/24"]), (nil, ["192.0.0.0/16"]),
      (nil, ["192.0.2.0/25", "::/0"]),
    ]
    for (expiresAt, networks) in beyond {
      #expect(throws: AccountRefusal.beyondParent) {
        try scene.key(
          [.monitorsRead], with: parent.id, expiresAt: expiresAt, networks: networks)
      }
    }
    let (_, grandchild) = try scene.key(
      [.monitorsRead], with: child.id, networks: ["192.0.2.128/25"])
    #expect(try find(grandchild, from: "192.0.2.129") != nil)
    #expect(try find(secret, from: "192.0.2.1") != nil)
    _ = try scene.write(by: owner) {
      try APIKeyQueries.revoke(parent.id, organization: scene.acme, in: $0)
    }
    #expect(try find(grandchild, from: "192.0.2.129") == nil)
    #expect(try find(secret, from: "192.0.2.1") == nil)
    #expect(try scene.actions().last == "api_key.revoke")
  }

  @Test func `an expired key makes nothing`() throws {
    let clock = try TestClock(scene.connection)
    let (parent, _) = try scene.key(
      [.keysWrite, .monitorsRead], by: owner,
      expiresAt: Timestamp.now().adding(milliseconds: 60_000))
    try clock.advance(61_000, scene.connection)
    #expect(throws: AccountRefusal.scopesBeyondMaker([.monitorsRead])) {
      try scene.key([.monitorsRead], with: parent.id)
    }
  }

  @Test func `a key that may do nothing is not made, nor one by who may make none`() throws {
    #expect(throws: AccountRefusal.noScopes) { try make([], by: owner) }
    let viewer = try scene.person("viewer", .viewer)
    #expect(throws: AccountRefusal.lacksScope(.keysWrite)) { try make([.monitorsRead], by: viewer) }
    let (parent, _) = try make([.monitorsRead], by: owner)
    #expect(throws: AccountRefusal.lacksScope(.keysWrite)) {
      try scene.key([.monitorsRead], with: parent.id)
    }
  }

  @Test func `a person who is not there is not the installation`() throws {
    _ = try make([.monitorsRead], by: owner)
    for statement: SQL in [
      "UPDATE api_key SET maker_id = NULL", "UPDATE api_key SET made_by = 'installation'",
      "UPDATE api_key SET scopes = '{}'",
      "DELETE FROM membership; DELETE FROM person WHERE NOT is_operator",
    ] {
      #expect(throws: PostgresError.self) { try scene.connection.execute(statement) }
    }
  }

  @Test func `a key that leaks makes no account of more than itself`() throws {
    let (narrow, _) = try make([.membersWrite], by: owner)
    let (broad, _) = try make(Role.editor.scopes.union([.membersWrite]), by: owner)
    let (all, _) = try make(Role.owner.scopes, by: owner)
    let (installations, _) = try make(Set(Scope.allCases))
    func invite(_ role: Role, _ key: APIKeyID) throws {
      _ = try scene.write(with: key) {
        try InvitationQueries.create(role: role, email: nil, organization: scene.acme, in: $0)
      }
    }
    let mayGive: [(APIKeyID, Set<Role>)] = [
      (narrow.id, []), (broad.id, [.viewer, .editor]), (all.id, [.viewer, .editor, .admin]),
      (installations.id, [.viewer, .editor, .admin]),
    ]
    let bob = try scene.person("bob", .viewer)
    for (key, roles) in mayGive {
      for role in Role.allCases {
        if roles.contains(role) {
          try invite(role, key)
        } else {
          #expect(throws: AccountRefusal.mayNotGive(role)) { try invite(role, key) }
          if role == .viewer { continue }
          #expect(throws: AccountRefusal.mayNotGive(role)) {
            try scene.write(with: key) {
              try MembershipQueries.change(bob, to: role, organization: scene.acme, in: $0)
            }
          }
        }
      }
      #expect(throws: AccountRefusal.mayNotGive(.owner)) {
        try scene.write(with: key) {
          try MembershipQueries.remove(owner, organization: scene.acme, in: $0)
        }
      }
    }
    // Without the scope its maker's role is of no use.
    let (reading, _) = try make(Role.viewer.scopes, by: owner)
    #expect(throws: AccountRefusal.lacksScope(.membersWrite)) { try invite(.viewer, reading.id) }
    #expect(throws: AccountRefusal.lacksScope(.keysWrite)) {
      try scene.write(with: reading.id) {
        try APIKeyQueries.revoke(all.id, organization: scene.acme, in: $0)
      }
    }
    #expect(throws: AccountRefusal.lacksScope(.organizationWrite)) {
      try scene.write(with: reading.id) {
        try OrganizationQueries.rename(scene.acme, to: "x", in: $0)
      }
    }
    // But it may end itself, with what it made.
    _ = try scene.write(with: broad.id) {
      try APIKeyQueries.revoke(broad.id, organization: scene.acme, in: $0)
    }
    let open = try InvitationQueries.list(
      limit: 100, organization: scene.acme, on: scene.connection
    ).filter { $0.standing == .open }
    #expect(open.count == 6)
  }

  @Test func `an organization has so many keys that can be used, and so many open invitations`()
    throws
  {
    try scene.connection.query(
      """
      INSERT INTO api_key (organization_id, name, secret_hash, secret_end, scopes, made_by)
      SELECT $1, 'k', convert_to(n::text, 'UTF8'), 'abcd', '{monitors:read}', 'installation'
      FROM generate_series(1, 999) n
      """, scene.acme.rawValue)
    let (record, _) = try make([.monitorsRead], by: owner)
    #expect(throws: AccountRefusal.tooManyKeys(most: 1000)) { try make([.monitorsRead]) }
    _ = try scene.write(by: owner) {
      try APIKeyQueries.revoke(record.id, organization: scene.acme, in: $0)
    }
    _ = try make([.monitorsRead], by: owner)
    try scene.connection.query(
      """
      INSERT INTO invitation (id, organization_id, secret_hash, role, made_by, created_at,
        expires_at)
      SELECT gen_random_uuid(), $1, convert_to(n::text, 'UTF8'), 'viewer', 'installation', now(),
        now() + interval '1 day'
      FROM generate_series(1, 500) n
      """, scene.acme.rawValue)
    #expect(throws: AccountRefusal.tooManyInvitations(most: 500)) {
      try scene.write(by: owner) {
        try InvitationQueries.create(role: .viewer, email: nil, organization: scene.acme, in: $0)
      }
    }
  }

  @Test func `of two uses at once one is noted`() async throws {
    let (record, secret) = try make([.monitorsRead], by: owner)
    let one = try scene.database.connect()
    try one.execute("BEGIN")
    try one.query("UPDATE api_key SET last_used_at = now(), last_address = '192.0.2.1'")
    let pool = try scene.database.pool(size: 1)
    let hash = try secret.hash
    async let other = pool.run {
      try APIKeyQueries.find(hash: hash, from: IPAddress(text: "192.0.2.2"), on: $0)
    }
    try scene.waitUntilBlocked()
    try one.execute("COMMIT")
    #expect(try await other?.keyID == record.id)
    let after = try APIKeyQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.lastAddress == "192.0.2.1")
  }
}
