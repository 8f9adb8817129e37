import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct LoginAttemptTests {
  let scene: AccountScene

  init() throws {
    scene = try AccountScene()
  }

  private func charge(_ account: String, _ address: String) throws -> LoginAttempts.Answer {
    try LoginAttempts.charge(
      account: account, address: IPAddress(text: address), on: scene.connection)
  }

  @Test func `an account is tried ten times from an address, and again when it was signed in to`()
    throws
  {
    for _ in 0..<10 { #expect(try charge("ann@example.org", "192.0.2.1") == .allowed) }
    guard case .refused(let wait) = try charge("ANN@example.org ", "192.0.2.1") else {
      Issue.record("the eleventh try was allowed")
      return
    }
    #expect(1...30_000 ~= wait)
    #expect(try charge("bob@example.org", "192.0.2.1") == .allowed)
    // Who is elsewhere is not locked out by it.
    #expect(try charge("ann@example.org", "192.0.2.2") == .allowed)
    try LoginAttempts.forget(
      account: "ann@example.org", address: IPAddress(text: "192.0.2.1"), on: scene.connection)
    #expect(try charge("ann@example.org", "192.0.2.1") == .allowed)
    let kept = try scene.database.value(
      "SELECT string_agg(name, ' ') FROM login_attempt", as: String.self)
    #expect(!kept.contains("example"))
  }

  @Test func `an account is tried a hundred times from everywhere`() throws {
    for index in 0..<100 {
      #expect(try charge("ann@example.org", "198.51.\(index).1") == .allowed)
    }
    #expect(try charge("ann@example.org", "192.0.2.1") != .allowed)
    #expect(try charge("bob@example.org", "192.0.2.1") == .allowed)
  }

  @Test func `an address is tried from thirty times, whatever the account`() async throws {
    let bodies = (0..<40).map { index in
      { @Sendable (connection: Connection) in
        try LoginAttempts.charge(
          account: "p\(index)", address: IPAddress(text: "2001:db8::\(index)"), on: connection)
      }
    }
    let outcome = try await race(try scene.database.pool(size: 4), bodies)
    #expect(outcome.values.filter { $0 == .allowed }.count == 30)
    #expect(
      try LoginAttempts.charge(
        account: nil, address: IPAddress(text: "2001:db8:0:1::1"), on: scene.connection) == .allowed
    )
    #expect(try LoginAttempts.charge(account: nil, address: nil, on: scene.connection) == .allowed)
  }

  @Test func `a site of version 6 with many networks is tried from four times as often`() throws {
    func charge(_ network: Int) throws -> LoginAttempts.Answer {
      try LoginAttempts.charge(
        account: nil, address: IPAddress(text: "2001:db8:7:\(String(network, radix: 16))::1"),
        on: scene.connection)
    }
    for network in 0..<120 { #expect(try charge(network) == .allowed) }
    #expect(try charge(120) != .allowed)
    #expect(
      try LoginAttempts.charge(
        account: nil, address: IPAddress(text: "2001:db8:8::1"), on: scene.connection) == .allowed)
  }

  @Test func `a person's codes are tried five times, and again when one was right`() throws {
    let (ann, bob) = (PersonID.random(), PersonID.random())
    func charge(_ person: PersonID) throws -> LoginAttempts.Answer {
      try LoginAttempts.charge(codesOf: person, on: scene.connection)
    }
    for _ in 0..<5 { #expect(try charge(ann) == .allowed) }
    #expect(try charge(ann) != .allowed)
    #expect(try charge(bob) == .allowed)
    try LoginAttempts.forget(codesOf: ann, on: scene.connection)
    #expect(try charge(ann) == .allowed)
  }

  @Test func `tries that are over are cleared away with later ones`() throws {
    let clock = try TestClock(scene.connection)
    for index in 0..<15 {
      _ = try LoginAttempts.charge(account: "p\(index)", address: nil, on: scene.connection)
    }
    try clock.advance(120_000, scene.connection)
    _ = try LoginAttempts.charge(account: "last", address: nil, on: scene.connection)
    #expect(try scene.database.value("SELECT count(*) FROM login_attempt", as: Int64.self) == 1)
  }

  @Test func `a try that waits for another holds nobody else's row`() async throws {
    try scene.connection.query(
      """
      INSERT INTO login_attempt (name, clear_at)
      VALUES ('n:192.0.2.1/32', now()), ('past', now() - interval '1 hour')
      """)
    try scene.connection.execute(
      "BEGIN; SELECT 1 FROM login_attempt WHERE name = 'n:192.0.2.1/32' FOR UPDATE")
    let pool = try scene.database.pool(size: 1)
    async let answer = pool.run {
      try LoginAttempts.charge(account: nil, address: IPAddress(text: "192.0.2.1"), on: $0)
    }
    try scene.waitUntilBlocked()
    // What a try held while it waited could not be taken here, and each would wait for the other.
    #expect(throws: Never.self) {
      try scene.connection.query(
        "SELECT 1 FROM login_attempt WHERE name = 'past' FOR UPDATE NOWAIT")
    }
    scene.connection.rollback()
    #expect(try await answer == .allowed)
  }

  @Test func `a try, a renewal and a ring of keys are refused where they could be undone`() throws {
    let token = RefreshToken.random()
    let calls: [(Connection) throws -> Void] = [
      { _ = try LoginAttempts.charge(account: "ann", address: nil, on: $0) },
      { _ = try LoginAttempts.charge(codesOf: .random(), on: $0) },
      { _ = try LoginSessions.renew(token, from: ClientMark(), on: $0) },
      { _ = try LoginSessions.find(token, kind: .browser, from: ClientMark(), on: $0) },
      { _ = try SigningKeys.ring(sealing: scene.sealing, on: $0) },
    ]
    for call in calls {
      try call(scene.connection)
      do {
        try scene.connection.transaction { try call($0) }
        Issue.record("it ran inside a transaction")
      } catch let error as PostgresError {
        #expect(error.kind == .bug)
      }
    }
  }
}
