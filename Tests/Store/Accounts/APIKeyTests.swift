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
    let draft = APIKeyDraft(
      name: "key", scopes: scopes, expiresAt: expiresAt,
      networks: networks.map { $0.compactMap { IPNetwork($0) } })
    return try scene.write(by: maker) {
      try APIKeyQueries.create(draft, organization: scene.acme, in: $0)
    }
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
    #expect(identity.scopes == [.monitorsRead] && identity.maker == owner)
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
    _ = try scene.write(by: owner) {
      try MembershipQueries.remove(maker, organization: scene.acme, in: $0)
    }
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

  @Test func `a key of the command line acts as an owner, an operator's as the installation`()
    throws
  {
    let (plain, _) = try make([.membersWrite])
    let (above, _) = try make([.membersWrite, .installationOperator])
    let ann = try scene.person("ann")
    _ = try scene.write(with: plain.id) {
      try MembershipQueries.add(ann, as: .owner, organization: scene.acme, in: $0)
    }
    #expect(throws: AccountRefusal.scopesBeyondMaker([.installationOperator])) {
      try scene.write(with: plain.id) {
        try APIKeyQueries.create(
          APIKeyDraft(name: "x", scopes: [.installationOperator]), organization: scene.acme, in: $0)
      }
    }
    _ = try scene.write(with: above.id) {
      try MembershipQueries.change(ann, to: .viewer, organization: scene.acme, in: $0)
    }
  }
}
