import Model
import OpenSSL
import Postgres
import Store
import TestSupport
import Testing

/// A database with two organizations and people in them.
struct AccountScene {
  let database: TestDatabase
  let connection: Connection
  let sealing: SealingKey
  let acme: OrganizationID
  let other: OrganizationID
  static let installation = AuditContext(actor: .system("test"))

  init() throws {
    database = try TestDatabase.make()
    connection = try database.connect()
    sealing = try #require(SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount)))
    acme = OrganizationID(rawValue: try database.addOrganization("acme"))
    other = OrganizationID(rawValue: try database.addOrganization("other"))
  }

  /// A person, a member where a role is given.
  func person(
    _ name: String, _ role: Role? = nil, in organization: OrganizationID? = nil,
    isOperator: Bool = false
  ) throws -> PersonID {
    let email = try #require(EmailAddress("\(name)@example.org"))
    return try write { write in
      let person = try PersonQueries.create(
        PersonDraft(email: email, name: name, isOperator: isOperator), in: write)
      if let role {
        _ = try MembershipQueries.add(
          person.id, as: role, organization: organization ?? acme, in: write)
      }
      return person.id
    }
  }

  /// A write of the installation's, or of a person's.
  func write<T>(by person: PersonID? = nil, _ body: (AuditedWrite) throws -> T) throws -> T {
    try AuditTrail.write(by: Self.context(person), on: connection, body)
  }

  /// A write of a person's in a session.
  func write<T>(
    by person: PersonID, in session: LoginSessionID, _ body: (AuditedWrite) throws -> T
  ) throws -> T {
    try AuditTrail.write(
      by: AuditContext(actor: .person(person, label: "somebody", session: session)),
      on: connection, body)
  }

  /// A write with a key.
  func write<T>(with key: APIKeyID, _ body: (AuditedWrite) throws -> T) throws -> T {
    try AuditTrail.write(
      by: AuditContext(actor: .apiKey(key, label: "key")), on: connection, body)
  }

  static func context(_ person: PersonID?) -> AuditContext {
    guard let person else { return installation }
    return AuditContext(actor: .person(person, label: "somebody"))
  }

  /// A key that a person makes, or a key, or the installation.
  func key(
    _ scopes: Set<Scope>, by person: PersonID? = nil, with parent: APIKeyID? = nil,
    expiresAt: Timestamp? = nil, networks: [String]? = nil
  ) throws -> (record: APIKeyQueries.Record, secret: APIKeySecret) {
    let draft = APIKeyDraft(
      name: "key", scopes: scopes, expiresAt: expiresAt,
      networks: networks.map { $0.compactMap { IPNetwork($0) } })
    func make(
      _ write: AuditedWrite
    ) throws -> (
      record: APIKeyQueries.Record, secret: APIKeySecret
    ) {
      try APIKeyQueries.create(draft, organization: acme, in: write)
    }
    if let parent { return try write(with: parent, make) }
    return try write(by: person, make)
  }

  /// Waits until so many connections of this database wait for a lock.
  func waitUntilBlocked(_ count: Int64 = 1) throws {
    let watcher = try database.connect()
    while true {
      let rows = try watcher.query(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
        """)
      if try rows.first?.get(0, as: Int64.self) == count { return }
      try watcher.query("SELECT pg_sleep(0.002)")
    }
  }

  /// The actions in the audit log, oldest first.
  func actions() throws -> [String] {
    try connection.query("SELECT action FROM audit ORDER BY id").map { try $0.get(0) }
  }
}

/// What an asynchronous race's sides came to: how many succeeded, and what the others were told.
func race<T: Sendable>(
  _ pool: PostgresPool, _ bodies: [@Sendable (Connection) throws -> T]
) async throws -> (values: [T], refusals: [AccountRefusal]) {
  try await withThrowingTaskGroup(of: Result<T, AccountRefusal>.self) { group in
    for body in bodies {
      group.addTask {
        do {
          return .success(try await pool.run(body))
        } catch let refusal as AccountRefusal {
          return .failure(refusal)
        }
      }
    }
    var outcome: (values: [T], refusals: [AccountRefusal]) = ([], [])
    for try await result in group {
      switch result {
      case .success(let value): outcome.values.append(value)
      case .failure(let refusal): outcome.refusals.append(refusal)
      }
    }
    return outcome
  }
}
