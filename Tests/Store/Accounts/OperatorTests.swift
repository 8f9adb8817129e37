import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

/// Every write that is for operators or the person alone, asked by others.
@Suite struct OperatorTests {
  let scene: AccountScene
  let ann: PersonID
  let root: PersonID

  init() throws {
    scene = try AccountScene()
    ann = try scene.person("ann", .owner)
    root = try scene.person("root", isOperator: true)
  }

  private typealias Write = (AuditedWrite) throws -> Void

  private func draft(_ name: String) throws -> PersonDraft {
    PersonDraft(email: try #require(EmailAddress("\(name)@example.org")), name: name)
  }

  /// What concerns people: no key does it.
  private func ofPeople(_ person: PersonID) throws -> [Write] {
    let hash = try PasswordHash(
      hashing: "correct horse", try #require(PasswordHash.Parameters(logN: 4, r: 8, p: 1)))
    let draft = try draft("new")
    return [
      { _ = try PersonQueries.create(draft, in: $0) },
      { _ = try PersonQueries.setPassword(hash, of: person, in: $0) },
      { _ = try PersonQueries.setOperator(true, of: person, in: $0) },
      { _ = try PersonQueries.setOperator(false, of: person, in: $0) },
      { _ = try PersonQueries.disable(person, in: $0) },
      { _ = try PersonQueries.enable(person, in: $0) },
    ]
  }

  /// What the person may do too.
  private func ofOneself(_ person: PersonID) -> [Write] {
    [
      { _ = try PersonQueries.change(person, name: "x", in: $0) },
      { _ = try SecondFactor.remove(person, in: $0) },
      { _ = try LoginSessions.end(.random(), of: person, .revoked, in: $0) },
      { _ = try LoginSessions.endAll(of: person, .revoked, in: $0) },
      { try OIDCIdentities.link(issuer: "i", subject: "s", to: person, in: $0) },
      { _ = try OIDCIdentities.unlink(.random(), from: person, in: $0) },
    ]
  }

  /// What the person alone may do, and the program.
  private func ofOneselfAlone(_ person: PersonID) -> [Write] {
    [
      { _ = try SecondFactor.prepare(person, sealing: scene.sealing, in: $0) },
      { _ = try SecondFactor.confirm("1", of: person, sealing: scene.sealing, in: $0) },
      { _ = try SecondFactor.renewRecoveryCodes(of: person, in: $0) },
      { _ = try InvitationQueries.accept(.random(), by: person, in: $0) },
    ]
  }

  /// What an operator's key does too.
  private func ofInstallation() -> [Write] {
    [
      {
        let name = "by \($0.context.actor.kind)"
        _ = try OrganizationQueries.create(name: name, owner: nil, in: $0)
      },
      { _ = try QuotaQueries.set(.init(mostMonitors: 3), of: scene.acme, in: $0) },
      { try SigningKeys.rotate(sealing: scene.sealing, in: $0) },
      { _ = try SigningKeys.withdraw("none", sealing: scene.sealing, in: $0) },
    ]
  }

  @Test func `others are refused, and change nothing`() throws {
    let bob = try scene.person("bob", .viewer)
    let key = try scene.key(Role.owner.scopes, by: ann).record.id
    let above = try scene.key(Set(Scope.allCases), by: root).record.id
    let before = try scene.actions()
    let ofPeople = try ofPeople(bob) + ofOneself(bob) + ofOneselfAlone(bob)
    for write in ofPeople + ofInstallation() {
      #expect(throws: AccountRefusal.notAllowed) { try scene.write(by: ann, write) }
      #expect(throws: AccountRefusal.notAllowed) { try scene.write(with: key, write) }
    }
    for write in ofPeople {
      #expect(throws: AccountRefusal.notAllowed) { try scene.write(with: above, write) }
    }
    for write in ofOneselfAlone(bob) {
      #expect(throws: AccountRefusal.notAllowed) { try scene.write(by: root, write) }
    }
    for write in try self.ofPeople(ann) {
      #expect(throws: AccountRefusal.notAllowed) { try scene.write(by: ann, write) }
    }
    #expect(try scene.actions() == before)
  }

  @Test func `operators and, as far as it is theirs, the person are not`() throws {
    let key = try scene.key(Set(Scope.allCases), by: root).record.id
    for write in ofInstallation() {
      try scene.write(by: root, write)
      try scene.write(with: key, write)
    }
    for write in ofOneself(ann) { try scene.write(by: ann, write) }
    for write in try ofOneself(ann) + ofPeople(ann) { try scene.write(by: root, write) }
    #expect(throws: AccountRefusal.mayNotGive(.owner)) {
      try scene.write(with: key) {
        try OrganizationQueries.create(name: "owned", owner: ann, in: $0)
      }
    }
  }

  @Test func `who is disabled, or no operator any more, is one no longer`() throws {
    let other = try scene.person("other", isOperator: true)
    let key = try scene.key(Set(Scope.allCases), by: other).record.id
    _ = try scene.write(by: root) { try PersonQueries.disable(other, in: $0) }
    func isRefused() {
      #expect(throws: AccountRefusal.notAllowed) {
        try scene.write(by: other) { try PersonQueries.setOperator(false, of: root, in: $0) }
      }
      #expect(throws: AccountRefusal.notAllowed) {
        try scene.write(with: key) { try QuotaQueries.set(.init(), of: scene.acme, in: $0) }
      }
      #expect(throws: AccountRefusal.notAllowed) {
        try scene.write(with: .random()) { try QuotaQueries.set(.init(), of: scene.acme, in: $0) }
      }
    }
    isRefused()
    #expect(throws: AccountRefusal.notAllowed) {
      try scene.write(by: other) { try PersonQueries.change(other, name: "x", in: $0) }
    }
    _ = try scene.write(by: root) { try PersonQueries.enable(other, in: $0) }
    _ = try scene.write(by: root) { try PersonQueries.setOperator(false, of: other, in: $0) }
    isRefused()
  }

  @Test func `a person changes their name and their address, and takes no other's`() throws {
    func change(_ name: String?, _ email: String?) throws -> PersonRecord? {
      try scene.write(by: ann) {
        try PersonQueries.change(
          ann, name: name, email: email.flatMap { EmailAddress($0) }, in: $0)
      }
    }
    #expect(try change("Ann B", nil)?.name == "Ann B")
    let changed = try change(nil, "Ann.B@example.org")
    #expect(changed?.name == "Ann B" && changed?.email == "Ann.B@example.org")
    #expect(changed?.position == "ann.b@example.org")
    #expect(throws: AccountRefusal.emailTaken) { try change(nil, "root@example.org") }
    let people = try PersonQueries.list(
      after: changed?.position, limit: 9, on: scene.connection)
    #expect(people.map(\.id) == [root])
  }
}
