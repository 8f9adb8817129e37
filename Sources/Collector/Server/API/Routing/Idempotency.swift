import HTTPTypes
import JSON
import Model
import OpenSSL
import Postgres
import Store
import Synchronization

/// Makes a request with an `Idempotency-Key` happen once, however often it is sent within a day, and
/// to however many collectors of one store (draft-ietf-httpapi-idempotency-key-header).
///
/// Answers are kept sealed, since some of them hold secrets, in the transaction that does what is asked
/// for (`APIRequest.write`). A request that was refused has changed nothing and keeps no key. One that
/// nobody finished keeps it for `IdempotencyQueries.leaseSeconds`, then it may be done by whoever sends
/// it again.
struct Idempotency: Sendable {
  private let context: APIContext
  private let claim: IdempotencyQueries.Claim
  private let sealingContext: [UInt8]
  private let isKept = Mark()

  /// Whether something happened.
  private final class Mark: Sendable {
    let flag = Atomic(false)
  }

  /// `nil` where the request carries no key, or could not be repeated.
  ///
  /// - Parameters:
  ///   - headers: the values of its header.
  ///   - target: the path and the query as they were sent.
  init?(
    _ headers: [String], route: Route, target: (path: Substring, query: Substring),
    body: JSONValue, caller: Identity?, context: APIContext
  ) throws {
    guard route.takesIdempotencyKey, let caller, let key = headers.first else { return nil }
    guard headers.count == 1 else {
      throw Problem(.badRequest, "Two headers Idempotency-Key came with the request; send one.")
    }
    guard 1...255 ~= key.utf8.count, key.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw Problem(
        .badRequest, "The header Idempotency-Key must be 1 to 255 visible ASCII characters.")
    }
    self.context = context
    let request = "\(route.method.rawValue) \(target.path)?\(target.query)\n"
    claim = IdempotencyQueries.Claim(
      organization: caller.organization, credential: caller.credentialID, key: key,
      fingerprint: try SHA256.digest(Array(request.utf8) + body.bytes))
    let credential = claim.credential
    sealingContext = Array(
      "upblit idempotency \(caller.organizationUUID) \(credential.high) \(credential.low) \(key)"
        .utf8)
  }

  /// The answer of `body`, which runs only if no such request was answered before.
  func answer(_ body: () async throws -> APIAnswer) async throws -> APIAnswer {
    let claim = claim
    let standing = try await context.store.run { try IdempotencyQueries.begin(claim, on: $0) }
    switch standing {
    case .begun: break
    case .inFlight: throw Self.inFlight
    case .otherRequest:
      throw Problem(.keyReused, "Send another request under a key of its own.")
    case .answered(let sealed):
      return try replay(context.configuration.sealingKey.open(sealed, context: sealingContext))
    }
    let answer: APIAnswer
    do {
      answer = try await body()
    } catch {
      if Self.changedNothing(error) {
        try? await context.store.run { try IdempotencyQueries.release(claim, on: $0) }
      }
      throw error
    }
    if !isKept.flag.load(ordering: .acquiring) {
      // It stored nothing, or not by `write`.
      try? await context.store.run { try keep(answer, in: $0) }
    }
    return answer
  }

  /// Keeps the answer: the last statement of the transaction that does what is asked for. Throws where
  /// another attempt has taken over, so that this one is undone.
  func keep(_ answer: APIAnswer, in connection: Connection) throws {
    let sealed = try context.configuration.sealingKey.seal(
      document(answer).bytes, context: sealingContext)
    guard try IdempotencyQueries.finish(claim, answer: sealed, on: connection) else {
      throw Self.inFlight
    }
    isKept.flag.store(true, ordering: .releasing)
  }

  private static var inFlight: Problem {
    var problem = Problem(
      .inFlight,
      """
      It is being answered, or its outcome is not known yet: send it again under the same key; it is \
      done once.
      """)
    problem.headers = [("retry-after", "1")]
    return problem
  }

  private static func changedNothing(_ error: any Error) -> Bool {
    if error is Problem || error is FieldErrors || error is AccountRefusal { return true }
    guard let error = error as? PostgresError else { return false }
    switch error.kind {
    case .outcomeUnknown: return false
    case .retry, .reconnect, .unavailable, .giveUp, .rejectedData, .bug: return true
    }
  }

  private func document(_ answer: APIAnswer) -> JSONValue {
    var body = JSONValue.null
    if case .json(let value)? = answer.body { body = value }
    var headers = JSONObject()
    for (name, value) in answer.headers { headers[name] = .string(value) }
    return [
      "status": .integer(Int64(answer.status)), "headers": .object(headers),
      "version": .optional(answer.version), "body": body,
    ]
  }

  private func replay(_ bytes: [UInt8]) throws -> APIAnswer {
    let document = try JSONValue(parsing: bytes)
    var answer = APIAnswer(status: Int(document["status"]?.integerValue ?? 200))
    if case .object(let headers)? = document["headers"] {
      answer.headers = headers.members.map { ($0.name, $0.value.stringValue ?? "") }
    }
    answer.headers.append(("idempotency-replayed", "true"))
    answer.version = document["version"]?.stringValue
    answer.body = document["body"].map { .json($0) }
    return answer
  }
}
