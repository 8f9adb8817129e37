import Postgres
import Store
import TestSupport
import Testing

struct IdempotencyQueriesTests {
  private let database: TestDatabase
  private let connection: Connection
  private let acme: OrganizationID
  private let credential = PostgresUUID(high: 1, low: 2)

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    acme = try OrganizationQueries.findOrCreate(name: "acme", on: connection)
  }

  private func claim(
    _ key: String = "k", _ fingerprint: [UInt8] = [1], organization: OrganizationID? = nil
  ) -> IdempotencyQueries.Claim {
    IdempotencyQueries.Claim(
      organization: organization ?? acme, credential: credential, key: key,
      fingerprint: fingerprint)
  }

  @Test func `a key is its credential's in each organization`() throws {
    let other = try OrganizationQueries.findOrCreate(name: "other", on: connection)
    for organization in [acme, other] {
      let claim = claim(organization: organization)
      #expect(try IdempotencyQueries.begin(claim, on: connection) == .begun)
      #expect(try IdempotencyQueries.begin(claim, on: connection) == .inFlight)
      #expect(try IdempotencyQueries.finish(claim, answer: [9], on: connection))
      #expect(try IdempotencyQueries.begin(claim, on: connection) == .answered([9]))
    }
    #expect(try IdempotencyQueries.begin(claim("k", [2]), on: connection) == .otherRequest)
  }

  @Test func `who held a key too long neither keeps an answer nor lets the key go`() throws {
    let first = claim()
    let second = claim()
    #expect(try IdempotencyQueries.begin(first, on: connection) == .begun)
    try connection.execute("UPDATE idempotency SET held_until = now() - interval '1 second'")
    #expect(try IdempotencyQueries.begin(second, on: connection) == .begun)
    #expect(try !IdempotencyQueries.finish(first, answer: [1], on: connection))
    try IdempotencyQueries.release(first, on: connection)
    #expect(try IdempotencyQueries.finish(second, answer: [2], on: connection))
    #expect(try IdempotencyQueries.begin(first, on: connection) == .answered([2]))
  }

  @Test func `kept answers go after a day, whoever asks next`() throws {
    let old = claim()
    #expect(try IdempotencyQueries.begin(old, on: connection) == .begun)
    #expect(try IdempotencyQueries.finish(old, answer: [1], on: connection))
    #expect(try IdempotencyQueries.begin(claim("young"), on: connection) == .begun)
    try connection.execute(
      "UPDATE idempotency SET created_at = now() - interval '25 hours' WHERE key = 'k'")
    #expect(try Maintenance.run(connection)?.rowsRemoved == 1)
    #expect(try database.value("SELECT key FROM idempotency", as: String.self) == "young")
  }
}
