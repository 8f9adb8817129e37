import Model
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite struct InvitationTests {
  let scene: AccountScene
  let owner: PersonID

  init() throws {
    scene = try AccountScene()
    owner = try scene.person("owner", .owner)
  }

  private func invite(
    _ role: Role = .editor, _ email: String? = nil, by maker: PersonID? = nil
  ) throws -> (record: InvitationRecord, secret: InvitationSecret) {
    try scene.write(by: maker ?? owner) {
      try InvitationQueries.create(
        role: role, email: email.flatMap { EmailAddress($0) }, organization: scene.acme, in: $0)
    }
  }

  private func accept(_ secret: InvitationSecret, _ person: PersonID) throws -> Role {
    try scene.write(by: person) {
      try InvitationQueries.accept(secret, by: person, in: $0).member.role
    }
  }

  @Test func `a link makes one person a member, once`() throws {
    let (record, secret) = try invite()
    #expect(record.standing == .open)
    let offer = try #require(try InvitationQueries.offer(of: secret, on: scene.connection))
    #expect(offer.organizationName == "acme" && offer.role == .editor)
    let (ann, bob) = (try scene.person("ann"), try scene.person("bob"))
    #expect(try accept(secret, ann) == .editor)
    #expect(throws: AccountRefusal.invitation(.used)) { try accept(secret, bob) }
    let after = try InvitationQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.standing == .used && after?.usedBy == ann)
    #expect(throws: AccountRefusal.invitation(.unknown)) {
      try accept(InvitationSecret.random(), bob)
    }
  }

  @Test func `a link that is taken up many times at once makes one member`() async throws {
    let pool = try scene.database.pool(size: 8)
    for round in 0..<8 {
      let (_, secret) = try invite()
      let people = try (0..<8).map { try scene.person("p\(round)-\($0)") }
      let before = try memberCount()
      let outcome = try await race(
        pool,
        people.map { person in
          { connection in
            try AuditTrail.write(by: AccountScene.context(person), on: connection) {
              try InvitationQueries.accept(secret, by: person, in: $0).member.person
            }
          }
        })
      #expect(outcome.values.count == 1)
      #expect(outcome.refusals == Array(repeating: .invitation(.used), count: 7))
      #expect(try memberCount() == before + 1)
    }
  }

  private func memberCount() throws -> Int {
    try MembershipQueries.list(limit: 100, organization: scene.acme, on: scene.connection).count
  }

  @Test func `one for an address is for its person alone`() throws {
    let (_, secret) = try invite(.viewer, "Ann@example.org")
    let (ann, bob) = (try scene.person("ann"), try scene.person("bob"))
    #expect(throws: AccountRefusal.invitation(.anotherAddress)) { try accept(secret, bob) }
    #expect(try accept(secret, ann) == .viewer)
  }

  @Test func `who has no account is made one with the link, and nobody twice`() throws {
    func redeem(_ secret: InvitationSecret, _ email: String) throws -> PersonID {
      let draft = PersonDraft(
        email: try #require(EmailAddress(email)), name: "Ann", isOperator: true)
      return try scene.write {
        let made = try InvitationQueries.redeem(secret, draft, in: $0)
        #expect(made.organization == scene.acme && made.member.role == .editor)
        #expect(!made.person.isOperator)
        return made.person.id
      }
    }
    _ = try scene.person("bob")
    let (record, secret) = try invite()
    #expect(throws: AccountRefusal.emailTaken) { try redeem(secret, "BOB@example.org") }
    let ann = try redeem(secret, "ann@example.org")
    let after = try InvitationQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.usedBy == ann)
    let before = try scene.database.value("SELECT count(*) FROM person", as: Int64.self)
    #expect(throws: AccountRefusal.invitation(.used)) { try redeem(secret, "eve@example.org") }
    let (_, bound) = try invite(.editor, "Cay@example.org")
    #expect(throws: AccountRefusal.invitation(.anotherAddress)) {
      try redeem(bound, "eve@example.org")
    }
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: ann) {
        try InvitationQueries.redeem(
          bound, PersonDraft(email: try #require(EmailAddress("cay@example.org")), name: "c"),
          in: $0)
      }
    }
    #expect(try scene.database.value("SELECT count(*) FROM person", as: Int64.self) == before)
    _ = try redeem(bound, "cay@example.org")
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: owner) { try InvitationQueries.accept(bound, by: ann, in: $0) }
    }
  }

  @Test func `an invitation is revoked by who could unmake its member`() throws {
    let editor = try scene.person("editor", .editor)
    let admin = try scene.person("admin", .admin)
    let (first, _) = try invite(.owner)
    let (second, _) = try invite(.viewer)
    func revoke(_ id: InvitationID, by person: PersonID) throws -> InvitationStanding? {
      try scene.write(by: person) {
        try InvitationQueries.revoke(id, organization: scene.acme, in: $0)?.standing
      }
    }
    #expect(throws: AccountRefusal.mayNotGive(.viewer)) { try revoke(second.id, by: editor) }
    #expect(throws: AccountRefusal.mayNotGive(.owner)) { try revoke(first.id, by: admin) }
    #expect(try revoke(second.id, by: admin) == .revoked)
    #expect(try revoke(second.id, by: admin) == .revoked)
  }

  @Test func `one that was revoked or has expired makes no member`() throws {
    let (record, secret) = try invite()
    let ann = try scene.person("ann")
    let revoked = try scene.write(by: owner) {
      try InvitationQueries.revoke(record.id, organization: scene.acme, in: $0)
    }
    #expect(revoked?.standing == .revoked)
    #expect(throws: AccountRefusal.invitation(.revoked)) { try accept(secret, ann) }
    let late = try invite()
    let clock = try TestClock(scene.connection)
    try clock.advance(7 * 86_400_000, scene.connection)
    #expect(throws: AccountRefusal.invitation(.expired)) { try accept(late.secret, ann) }
  }

  @Test func `one works no longer than its maker could still give the role`() throws {
    let admin = try scene.person("admin", .admin)
    let (_, first) = try invite(.admin, by: admin)
    let (_, second) = try invite(.viewer, by: admin)
    #expect(throws: AccountRefusal.mayNotGive(.owner)) { try invite(.owner, by: admin) }
    _ = try scene.write(by: owner) {
      try MembershipQueries.change(admin, to: .editor, organization: scene.acme, in: $0)
    }
    let ann = try scene.person("ann")
    for secret in [first, second] {
      #expect(throws: AccountRefusal.invitation(.withdrawn)) { try accept(secret, ann) }
    }
    let back = try scene.person("back", .owner)
    let (_, third) = try invite(.viewer, by: back)
    _ = try scene.write { try PersonQueries.disable(back, in: $0) }
    #expect(throws: AccountRefusal.invitation(.withdrawn)) { try accept(third, ann) }
  }

  @Test func `a member is not made a member again, and the link is left`() throws {
    let (record, secret) = try invite(.owner)
    let ann = try scene.person("ann", .viewer)
    #expect(throws: AccountRefusal.alreadyMember) { try accept(secret, ann) }
    let after = try InvitationQueries.get(
      record.id, organization: scene.acme, on: scene.connection)
    #expect(after?.standing == .open)
  }

  private static let standings: [(Bool, Bool, Bool, Authority?, String?, InvitationStanding)] = [
    (false, false, false, nil, nil, .open), (true, true, true, nil, nil, .used),
    (false, true, true, nil, nil, .revoked), (false, false, true, Authority.none, nil, .expired),
    (false, false, false, Authority.none, "x@y", .withdrawn),
    (false, false, false, .role(.admin), "x@y", .anotherAddress),
    (false, false, false, .role(.admin), "ann@example.org", .open),
    (false, false, false, .role(.editor), nil, .withdrawn),
  ]

  @Test(arguments: standings)
  func `how an invitation stands`(
    _ isUsed: Bool, _ isRevoked: Bool, _ isExpired: Bool, _ maker: Authority?, _ email: String?,
    _ standing: InvitationStanding
  ) {
    let decided = InvitationStanding.decide(
      isUsed: isUsed, isRevoked: isRevoked, isExpired: isExpired, maker: maker, role: .viewer,
      boundTo: email.flatMap { EmailAddress($0) }, taker: EmailAddress("Ann@example.org"))
    #expect(decided == standing)
  }
}
