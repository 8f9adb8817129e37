import Model
import Postgres
import Store
import TestSupport
import Testing

struct AccountTests {
  @Test func `the first key is made once and only its hash is stored`() throws {
    let database = try TestDatabase.make()
    let connection = try database.connect()
    let secret = try Administrator.create(name: "admin", organization: "acme", on: connection)
    let identity = try #require(try APIKeyQueries.find(hash: secret.hash, on: connection))
    #expect(identity.organizationName == "acme")
    #expect(identity.scopes == Set(Scope.allCases))
    #expect(
      throws: Administrator.Refusal.exists(name: "admin", organization: "acme")
    ) { try Administrator.create(name: "admin", organization: "acme", on: connection) }
    #expect(
      try APIKeyQueries.revoke(
        #require(identity.keyID), organization: identity.organization, on: connection))
    #expect(try APIKeyQueries.find(hash: secret.hash, on: connection) == nil)
    _ = try Administrator.create(name: "admin", organization: "acme", on: connection)
    let found = try connection.query(
      "SELECT 1 FROM api_key WHERE position($1::bytea in secret_hash) > 0",
      Array(secret.text.utf8))
    #expect(found.count == 0)
  }

  @Test(arguments: ["", "a\nb", "a\u{0}", String(repeating: "a", count: 101)])
  func `a name that can't be shown is refused`(name: String) throws {
    let connection = try TestDatabase.make().connect()
    #expect(throws: Administrator.Refusal.badName(name)) {
      try Administrator.create(name: name, organization: "acme", on: connection)
    }
  }

  @Test func `first keys made at once are one`() async throws {
    let database = try TestDatabase.make()
    let pool = try database.pool(size: 8)
    let made = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await pool.run { connection in
            do {
              _ = try Administrator.create(name: "admin", organization: "acme", on: connection)
              return true
            } catch is Administrator.Refusal {
              return false
            }
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(made == 1)
    #expect(try database.value("SELECT count(*) FROM api_key", as: Int64.self) == 1)
  }

  @Test func `a mistyped key is told by its check`() throws {
    let secret = APIKeySecret.random()
    #expect(APIKeySecret(secret.text) == secret)
    #expect(secret.text.utf8.count == 44)
    for index in secret.text.indices {
      var changed = secret.text
      changed.replaceSubrange(index...index, with: secret.text[index] == "x" ? "y" : "x")
      #expect(APIKeySecret(changed) == nil)
    }
    for text in ["", "upb_key_", secret.text + "0", " " + secret.text, secret.text + "\n"] {
      #expect(APIKeySecret(text) == nil)
    }
  }
}
