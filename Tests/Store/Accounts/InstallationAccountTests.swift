import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@Suite struct InstallationAccountTests {
  let scene: AccountScene

  init() throws {
    scene = try AccountScene()
  }

  private static func draft(_ name: String) throws -> PersonDraft {
    PersonDraft(email: try #require(EmailAddress("\(name)@example.org")), name: name)
  }

  @Test func `a first start's link makes one operator, whoever comes at once`() async throws {
    let secret = try #require(try SetupLinks.make(on: scene.connection))
    let outcome = try await race(
      try scene.database.pool(size: 6),
      (0..<6).map { index in
        { connection in
          try SetupLinks.redeem(
            secret, try Self.draft("p\(index)"), organization: "acme", on: connection
          ).person
        }
      })
    #expect(outcome.values.map(\.isOperator) == [true])
    #expect(outcome.refusals == Array(repeating: .setupLink, count: 5))
    let person = try #require(outcome.values.first)
    let member = try MembershipQueries.get(
      person.id, organization: scene.acme, on: scene.connection)
    #expect(member?.role == .owner)
    #expect(try SetupLinks.make(on: scene.connection) == nil)
  }

  @Test func `an earlier link, a late one and one after the first person work no more`() throws {
    func redeem(_ secret: SetupSecret) throws {
      _ = try SetupLinks.redeem(
        secret, try Self.draft("ann"), organization: "acme", on: scene.connection)
    }
    let first = try #require(try SetupLinks.make(on: scene.connection))
    let second = try #require(try SetupLinks.make(on: scene.connection))
    #expect(throws: AccountRefusal.setupLink) { try redeem(first) }
    #expect(try SetupLinks.isOpen(second, on: scene.connection))
    let clock = try TestClock(scene.connection)
    try clock.advance(86_400_000, scene.connection)
    #expect(throws: AccountRefusal.setupLink) { try redeem(second) }
    let third = try #require(try SetupLinks.make(on: scene.connection))
    _ = try Administrator.createPerson(
      try Self.draft("root"), organization: "acme", on: scene.connection)
    #expect(throws: AccountRefusal.setupLink) { try redeem(third) }
    #expect(try !SetupLinks.isOpen(third, on: scene.connection))
  }

  @Test func `the command line's person is an operator and an owner`() throws {
    let person = try Administrator.createPerson(
      try Self.draft("root"), organization: "new", on: scene.connection)
    #expect(person.isOperator)
    let list = try AuthorityQueries.organizations(
      of: person.id, after: nil, limit: 9, on: scene.connection)
    #expect(list.map(\.name) == ["new"])
    #expect(throws: AccountRefusal.emailTaken) {
      try Administrator.createPerson(
        try Self.draft("root"), organization: "new", on: scene.connection)
    }
    #expect(try scene.actions() == ["person.create", "organization.create", "member.add"])
  }

  @Test func `an identity is one person's`() throws {
    let (ann, bob) = (try scene.person("ann"), try scene.person("bob"))
    func link(_ person: PersonID, _ subject: String = "1") throws {
      try scene.write(by: person) {
        try OIDCIdentities.link(issuer: "https://id", subject: subject, to: person, in: $0)
      }
    }
    func find(_ subject: String = "1") throws -> PersonID? {
      try OIDCIdentities.find(issuer: "https://id", subject: subject, on: scene.connection)
    }
    #expect(try find() == nil)
    try link(ann)
    try link(ann)
    #expect(try find() == ann)
    #expect(throws: AccountRefusal.identityTaken) { try link(bob) }
    try link(bob, "2")
    let anns = try OIDCIdentities.list(of: ann, on: scene.connection)
    #expect(anns.map(\.subject) == ["1"] && anns[0].lastUsedAt != nil)
    let second = try #require(OIDCIdentities.list(of: bob, on: scene.connection).first)
    #expect(second.id != anns[0].id)
    #expect(
      try !scene.write(by: ann) {
        try OIDCIdentities.unlink(second.id, from: ann, in: $0)
      })
    _ = try scene.write { try PersonQueries.disable(ann, in: $0) }
    #expect(try find() == nil)
    #expect(
      try scene.write(by: bob) {
        try OIDCIdentities.unlink(second.id, from: bob, in: $0)
      })
    #expect(try find("2") == nil)
  }

  @Test func `of collectors that start at once one makes the signing key`() async throws {
    let sealing = scene.sealing
    let outcome = try await race(
      try scene.database.pool(size: 6),
      (0..<6).map { _ in { try SigningKeys.ring(sealing: sealing, on: $0).kid } })
    #expect(outcome.values.count == 6 && Set(outcome.values).count == 1)
  }

  @Test
  func `a signing key is replaced after its time, and verified until its tokens have expired`()
    throws
  {
    let clock = try TestClock(scene.connection)
    func ring() throws -> SigningKeys.Ring {
      try SigningKeys.ring(sealing: scene.sealing, on: scene.connection)
    }
    let day: Int64 = 86_400_000
    let first = try ring()
    let signature = try first.signing.signature(of: [1])
    #expect(first.published.map(\.kid) == [first.kid])
    try clock.advance(30 * day - 3_000_000, scene.connection)
    let ahead = try ring()
    #expect(ahead.kid == first.kid && ahead.published.count == 2)
    try clock.advance(4_000_000, scene.connection)
    let second = try ring()
    #expect(second.kid == ahead.published.last?.kid && second.kid != first.kid)
    let old = try #require(second.publicKey(first.kid))
    #expect(ES256.verify(signature, of: [1], publicKey: old))
    try clock.advance(700_000, scene.connection)
    #expect(try ring().published.map(\.kid) == [second.kid])
  }

  @Test func `a key that became known is withdrawn, and another signs at once`() throws {
    func ring() throws -> SigningKeys.Ring {
      try SigningKeys.ring(sealing: scene.sealing, on: scene.connection)
    }
    let first = try ring()
    try scene.write { try SigningKeys.rotate(sealing: scene.sealing, in: $0) }
    try scene.write { try SigningKeys.rotate(sealing: scene.sealing, in: $0) }
    #expect(try ring().published.count == 2)
    #expect(try ring().kid == first.kid)
    #expect(
      try scene.write {
        try SigningKeys.withdraw(first.kid, sealing: scene.sealing, in: $0)
      })
    let stored = try scene.database.value(
      "SELECT count(*) FROM signing_key WHERE signs_from <= now()", as: Int64.self)
    #expect(stored == 1)
    let after = try ring()
    #expect(after.kid != first.kid && after.publicKey(first.kid) == nil)
    #expect(after.lookAgainAt <= after.readAt.adding(milliseconds: 300_000))
    #expect(
      try !scene.write {
        try SigningKeys.withdraw(first.kid, sealing: scene.sealing, in: $0)
      })
  }

  @Test func `a key whose time was over does not sign again in place of a withdrawn one`() throws {
    let clock = try TestClock(scene.connection)
    func ring() throws -> SigningKeys.Ring {
      try SigningKeys.ring(sealing: scene.sealing, on: scene.connection)
    }
    let first = try ring()
    try scene.write { try SigningKeys.rotate(sealing: scene.sealing, in: $0) }
    try clock.advance(3_601_000, scene.connection)
    let second = try ring()
    #expect(second.kid != first.kid && second.publicKey(first.kid) != nil)
    _ = try scene.write {
      try SigningKeys.withdraw(second.kid, sealing: scene.sealing, in: $0)
    }
    let third = try ring()
    #expect(third.kid != first.kid && third.kid != second.kid)
    #expect(third.publicKey(third.kid) != nil && third.publicKey(second.kid) == nil)
  }

  @Test func `another key file opens no signing key`() throws {
    _ = try SigningKeys.ring(sealing: scene.sealing, on: scene.connection)
    let other = try #require(SealingKey([UInt8](repeating: 6, count: 32)))
    #expect(throws: OpenSSLError.self) {
      try SigningKeys.ring(sealing: other, on: scene.connection)
    }
  }
}

@Suite struct PasswordGateTests {
  private static func gate(waiting: Int = 16) throws -> PasswordGate {
    let quick = try #require(PasswordHash.Parameters(logN: 4, r: 8, p: 1))
    return try PasswordGate(waiting: waiting, parameters: quick)
  }

  @Test func `passwords are hashed and verified, those that are not there too`() async throws {
    let gate = try Self.gate()
    let hash = try await gate.hash("correct horse")
    #expect(try await gate.verify("correct horse", against: hash))
    #expect(try await !gate.verify("battery staple", against: hash))
    #expect(try await !gate.verify("", against: nil))
    #expect(!gate.needsRehash(hash))
    gate.stop()
    await #expect(throws: PasswordGate.Problem.busy) { try await gate.hash("correct horse") }
  }

  @Test func `a flood is answered busy, and what was taken is done`() async throws {
    let slow = try #require(PasswordHash.Parameters(logN: 14, r: 8, p: 1))
    let gate = try PasswordGate(waiting: 3, parameters: slow)
    let answers = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { (try? await gate.hash("correct horse")) != nil } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.contains(true) && answers.contains(false))
  }
}
