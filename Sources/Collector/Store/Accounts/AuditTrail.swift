import Model
import JSON
public import Postgres

/// The one way to change what the audit log tells of: a transaction that ends only when it has said
/// what it changed, or that it changed nothing.
public enum AuditTrail {
  /// Runs `body` in a transaction, again where it met another (kind `retry`).
  ///
  /// What `body` throws undoes all. A body that neither recorded an entry nor said that nothing changed
  /// is undone too, and throws a `PostgresError` of kind `bug`. Inside a transaction that is open
  /// already, it becomes a part of that.
  public static func write<T>(
    by context: AuditContext, on connection: Connection, _ body: (AuditedWrite) throws -> T
  ) throws -> T {
    func run(_ connection: Connection) throws -> T {
      let write = AuditedWrite(connection: connection, context: context)
      let value = try body(write)
      try write.finish()
      return value
    }
    return connection.isInTransaction
      ? try run(connection) : try connection.retryingTransaction("BEGIN", run)
  }
}

/// A transaction that owes the audit log its entries. Functions that change accounts take one, and
/// record themselves; for other writes the caller records.
public final class AuditedWrite {
  /// For the statements of the write.
  public let connection: Connection
  public let context: AuditContext
  private var isSettled = false

  init(connection: Connection, context: AuditContext) {
    self.connection = connection
    self.context = context
  }

  /// Writes an entry in the transaction.
  public func record(_ entry: AuditEntry) throws(PostgresError) {
    guard connection.isInTransaction else { throw Self.ended }
    try connection.query(
      """
      INSERT INTO audit (organization_id, at, actor_kind, actor_id, actor_label, session_id, action,
        object_kind, object_id, change, address, request_id)
      VALUES ($1, now(), $2, $3, $4, $5, $6, $7, $8, $9, $10::inet, $11)
      """, entry.organization?.rawValue, context.actor.kind.rawValue, context.actor.id,
      context.actor.label, context.actor.session, entry.action, entry.objectKind, entry.objectID,
      entry.change.map { JSONText($0.text) }, context.address?.description, context.requestID)
    isSettled = true
  }

  /// Says that the write had nothing to change.
  public func nothingChanged() { isSettled = true }

  /// Refuses to commit what would not be told of.
  func finish() throws(PostgresError) {
    guard connection.isInTransaction else { throw Self.ended }
    guard isSettled else {
      throw PostgresError(.bug, "a write recorded nothing in the audit log")
    }
  }

  private static let ended = PostgresError(
    .bug, "an audited write ended its transaction before it was recorded")
}
