import Postgres
import Store

extension APIRequest {
  /// Who the audit log says it was, from where, in which request.
  var auditContext: AuditContext {
    get throws(Problem) { audit(as: try caller.actor) }
  }

  /// Does what is asked for in one transaction, with its entry in the audit log and, for a request that
  /// must happen once, its answer: all of it is stored, or nothing.
  ///
  /// `body` runs again where it met another transaction; what it throws undoes all.
  func write(
    _ context: APIContext, _ body: @escaping @Sendable (AuditedWrite) throws -> APIAnswer
  ) async throws -> APIAnswer {
    let audit = try auditContext
    let idempotency = idempotency
    return try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) { write in
        let answer = try body(write)
        try idempotency?.keep(answer, in: write.connection)
        return answer
      }
    }
  }
}
