import JSON
import Model
import Postgres
import Store
import TestSupport
import Testing

@Suite struct AuditTests {
  let scene: AccountScene
  let ann: PersonID

  init() throws {
    scene = try AccountScene()
    ann = try scene.person("ann", .owner)
  }

  private func list(
    _ filter: AuditQueries.Filter = .init(), after: AuditQueries.Position? = nil, limit: Int = 100
  ) throws -> [AuditQueries.Record] {
    try AuditQueries.list(
      filter, after: after, limit: limit, organization: scene.acme, on: scene.connection)
  }

  @Test func `an entry says who, with what, from where, and what changed`() throws {
    let session = LoginSessionID.random()
    let context = AuditContext(
      actor: .person(ann, label: "ann@example.org", session: session),
      address: IPAddress(text: "192.0.2.1"), requestID: "r-1")
    try AuditTrail.write(by: context, on: scene.connection) { write in
      try write.record(
        AuditEntry(
          "monitor.update", organization: scene.acme, objectID: "m-1",
          change: ["name": ["a", "b"]]))
    }
    let record = try #require(try list(limit: 1).first)
    #expect(record.actor == context.actor)
    #expect(record.action == "monitor.update" && record.objectKind == "monitor")
    #expect(record.objectID == "m-1" && record.address == "192.0.2.1")
    #expect(record.requestID == "r-1" && record.change == ["name": ["a", "b"]])
  }

  @Test func `a write that tells nothing is undone`() throws {
    func forgetful(_ body: (AuditedWrite) throws -> Void) throws {
      try scene.write { write in
        try write.connection.query(
          "UPDATE organization SET name = 'changed' WHERE id = $1", scene.acme.rawValue)
        try body(write)
      }
    }
    #expect(throws: PostgresError.self) { try forgetful { _ in } }
    // One that ends the transaction by itself is found out, though its first part stays.
    #expect(throws: PostgresError.self) {
      try scene.write { write in
        try write.connection.execute("COMMIT")
        try write.record(AuditEntry("organization.update", organization: scene.acme))
      }
    }
    let name = try scene.database.value(
      "SELECT name FROM organization ORDER BY id", as: String.self)
    #expect(name == "acme")
    try forgetful { $0.nothingChanged() }
    try forgetful { try $0.record(AuditEntry("organization.update", organization: scene.acme)) }
  }

  @Test func `what is undone is not told of`() throws {
    struct Refused: Error {}
    let before = try scene.actions()
    #expect(throws: Refused.self) {
      try scene.write { write in
        try write.record(AuditEntry("monitor.create", organization: scene.acme))
        throw Refused()
      }
    }
    #expect(try scene.actions() == before)
  }

  @Test func `the log is only ever added to`() throws {
    for statement: SQL in [
      "UPDATE audit SET actor_label = 'nobody'", "DELETE FROM audit", "TRUNCATE audit",
    ] {
      #expect(throws: PostgresError.self) { try scene.connection.execute(statement) }
    }
    #expect(try !list().isEmpty)
  }

  @Test func `it is read page by page, whatever is asked for`() throws {
    let bob = try scene.person("bob", .admin)
    let clock = try TestClock(scene.connection)
    for index in 0..<20 {
      try scene.write(by: index % 2 == 0 ? ann : bob) {
        try $0.record(
          AuditEntry(
            index % 4 < 2 ? "monitor.update" : "channel.update", organization: scene.acme,
            objectID: "\(index % 5)"))
      }
      try clock.advance(1000, scene.connection)
    }
    let all = try list().filter { $0.action.hasSuffix(".update") }
    #expect(all.count == 20)
    let middle = all[9].at
    let filters: [(AuditQueries.Filter, (AuditQueries.Record) -> Bool)] = [
      (.init(), { _ in true }),
      (.init(since: middle), { $0.at >= middle }), (.init(until: middle), { $0.at < middle }),
      (.init(actor: PostgresUUID(high: bob.high, low: bob.low)), { $0.actor.person == bob }),
      (.init(action: "channel.update"), { $0.action == "channel.update" }),
      (
        .init(objectKind: "monitor", objectID: "3"),
        { $0.objectKind == "monitor" && $0.objectID == "3" }
      ),
      (
        .init(
          since: middle, actor: PostgresUUID(high: ann.high, low: ann.low), objectKind: "monitor"),
        { $0.at >= middle && $0.actor.person == ann && $0.objectKind == "monitor" }
      ),
    ]
    let everything = try list()
    for (filter, isAsked) in filters {
      var seen: [AuditQueries.Record] = []
      var position: AuditQueries.Position?
      while true {
        let page = try list(filter, after: position, limit: 3)
        if page.isEmpty { break }
        seen += page
        position = page.last?.position
      }
      #expect(seen == everything.filter(isAsked))
    }
  }

  @Test func `each organization reads its own, and the installation what is nobody's`() throws {
    try scene.write { try $0.record(AuditEntry("monitor.create", organization: scene.other)) }
    try scene.write { try $0.record(AuditEntry("person.create", organization: nil)) }
    func actions(_ organization: OrganizationID?) throws -> Set<String> {
      Set(
        try AuditQueries.list(limit: 100, organization: organization, on: scene.connection)
          .map(\.action))
    }
    #expect(try actions(scene.other) == ["monitor.create"])
    #expect(try actions(scene.acme) == ["member.add"])
    #expect(try actions(nil) == ["person.create"])
  }

  @Test func `what is written names no secret`() throws {
    let secret = try scene.write(by: ann) {
      try APIKeyQueries.create(
        APIKeyDraft(name: "key", scopes: [.monitorsRead]), organization: scene.acme, in: $0
      ).secret.text
    }
    let invitation = try scene.write(by: ann) {
      try InvitationQueries.create(role: .viewer, email: nil, organization: scene.acme, in: $0)
        .secret.text
    }
    let session = try scene.write(by: ann) {
      try LoginSessions.begin(.browser, of: ann, proof: .provider, from: ClientMark(), in: $0)
        .token.text
    }
    let text = try scene.database.value(
      "SELECT string_agg(a::text, ' ') FROM audit a", as: String.self)
    for secret in [secret, invitation, session] {
      #expect(!text.contains(secret))
      #expect(!text.contains(secret.dropLast(4).suffix(12)))
    }
  }

  @Test func `upkeep takes away what is past, and of the log what is old`() throws {
    let clock = try TestClock(scene.connection)
    _ = try scene.write(by: ann) {
      try LoginSessions.begin(.browser, of: ann, proof: .provider, from: ClientMark(), in: $0)
    }
    _ = try scene.write(by: ann) {
      try InvitationQueries.create(role: .viewer, email: nil, organization: scene.acme, in: $0)
    }
    _ = try LoginAttempts.charge(account: "ann", address: nil, on: scene.connection)
    #expect(try AccountUpkeep.run(scene.connection) == 0)
    let day: Int64 = 86_400_000
    try clock.advance(38 * day, scene.connection)
    // A session, an invitation and an attempt.
    #expect(try AccountUpkeep.run(scene.connection) == 3)
    let entries = Int(try scene.database.value("SELECT count(*) FROM audit", as: Int64.self))
    try clock.advance(400 * day, scene.connection)
    try scene.write { try $0.record(AuditEntry("monitor.create", organization: scene.acme)) }
    #expect(try AccountUpkeep.run(scene.connection) == entries)
    #expect(try scene.actions() == ["monitor.create"])
    #expect(throws: PostgresError.self) { try scene.connection.execute("DELETE FROM audit") }
  }
}
