import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

@Suite struct EnrolmentTests {
  let database: TestDatabase
  let connection: Connection
  let key: SealingKey

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    key = try InstallationTests.key(9)
  }

  private func newborn(_ id: AgentID = .random()) -> Enrolment.Newborn {
    Enrolment.Newborn(
      id: id, root: [UInt8](repeating: 7, count: 32), hostname: "host", region: "eu",
      provider: "home", software: "test")
  }

  private func token(
    _ purpose: EnrolmentTokens.Purpose = .init(), lifetime: Int64 = 3600
  ) throws -> (record: EnrolmentTokenRecord, secret: [UInt8]) {
    try EnrolmentTokens.create(purpose, lifetimeSeconds: lifetime, key: key, connection)
  }

  @Test func `a token turns into an agent whose root opens again`() throws {
    let (record, secret) = try token(.init(name: "paris-1", region: "fr"))
    guard
      case .open(let offer) = try Enrolment.find(
        record.id, requestHash: [1], key: key, connection)
    else {
      Issue.record("a fresh token is not open")
      return
    }
    #expect(offer.secret == secret)
    #expect(offer.region == "fr")
    let newborn = newborn()
    let standing = try Enrolment.complete(
      record.id, requestHash: [1], answer: [42], newborn: newborn, key: key, connection)
    #expect(standing == .answered([42]))
    let found = try AgentCredentials.find(newborn.id, key: key, connection)
    let credentials = try #require(found)
    #expect(credentials.current == .init(keyID: 1, bytes: newborn.root))
    #expect(credentials.name == "paris-1")
    #expect(credentials.region == "fr")
    #expect(!credentials.isRevoked)
    let listed = try #require(try EnrolmentTokens.list(organization: nil, connection).first)
    #expect(listed.agent == newborn.id)
    #expect(listed.usedAt != nil)
  }

  @Test func `the same request gets the same answer, another is refused`() throws {
    let (record, _) = try token()
    let first = try Enrolment.complete(
      record.id, requestHash: [1], answer: [1], newborn: newborn(), key: key, connection)
    let again = try Enrolment.complete(
      record.id, requestHash: [1], answer: [2], newborn: newborn(), key: key, connection)
    let other = try Enrolment.complete(
      record.id, requestHash: [9], answer: [3], newborn: newborn(), key: key, connection)
    #expect(first == .answered([1]))
    #expect(again == .answered([1]))
    #expect(other == .refused)
    #expect(
      try Enrolment.find(record.id, requestHash: [1], key: key, connection) == .answered([1]))
    #expect(try database.value("SELECT count(*) FROM agent", as: Int64.self) == 1)
  }

  @Test func `a hundred parallel uses of one token make one agent`() async throws {
    let (record, _) = try token()
    let pool = try database.pool(size: 8)
    let key = key
    let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<100 as Range<UInt8> {
        let newborn = newborn()
        group.addTask {
          try await pool.run { connection in
            let standing = try Enrolment.complete(
              record.id, requestHash: [number], answer: [number], newborn: newborn, key: key,
              connection)
            return standing == .answered([number])
          }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(answered == 1)
    #expect(try database.value("SELECT count(*) FROM agent", as: Int64.self) == 1)
  }

  @Test func `an expired, a revoked and an unknown token are refused alike`() throws {
    let expired = try token(lifetime: 0).record.id
    let revoked = try token().record.id
    #expect(try EnrolmentTokens.revoke(revoked, organization: nil, connection))
    #expect(try !EnrolmentTokens.revoke(revoked, organization: nil, connection))
    for id in [expired, revoked, TokenID.random()] {
      #expect(try Enrolment.find(id, requestHash: [1], key: key, connection) == .refused)
      let standing = try Enrolment.complete(
        id, requestHash: [1], answer: [1], newborn: newborn(), key: key, connection)
      #expect(standing == .refused)
    }
  }

  @Test func `a token of one organization is nothing to another`() throws {
    let mine = try database.addOrganization("mine")
    let other = try database.addOrganization("other")
    let id = try token(.init(organizationID: mine)).record.id
    #expect(try EnrolmentTokens.list(organization: other, connection).isEmpty)
    #expect(try EnrolmentTokens.list(organization: nil, connection).isEmpty)
    #expect(try !EnrolmentTokens.revoke(id, organization: other, connection))
    #expect(try EnrolmentTokens.list(organization: mine, connection).map(\.id) == [id])
  }

  @Test func `a used token's secret is gone from the database`() throws {
    let (record, _) = try token()
    _ = try Enrolment.complete(
      record.id, requestHash: [1], answer: [1], newborn: newborn(), key: key, connection)
    let erased = try database.value(
      "SELECT secret_sealed IS NULL FROM enrolment_token", as: Bool.self)
    #expect(erased)
  }
}
