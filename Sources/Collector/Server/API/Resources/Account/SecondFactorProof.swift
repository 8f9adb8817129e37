import Postgres
import Store

/// Judges a one-time code or a recovery code that a request brings; a right one is used up.
struct SecondFactorProof: Sendable {
  let context: APIContext
  let request: APIRequest

  init(_ request: APIRequest, _ context: APIContext) {
    self.request = request
    self.context = context
  }

  /// Throws unless `code` is right.
  func check(_ code: String, of person: PersonID, _ email: String) async throws {
    try await Passwords(request, context).charge(codesOf: person)
    let sealing = context.configuration.sealingKey
    let audit = request.audit(as: .person(person, label: email))
    let isRight = try await context.store.run { connection in
      if try SecondFactor.verify(code, of: person, sealing: sealing, on: connection) {
        return true
      }
      return try AuditTrail.write(by: audit, on: connection) {
        try SecondFactor.useRecoveryCode(code, of: person, in: $0)
      }
    }
    guard isRight else { throw AccountRefusal.wrongCode }
    try await context.store.run { try LoginAttempts.forget(codesOf: person, on: $0) }
  }
}
