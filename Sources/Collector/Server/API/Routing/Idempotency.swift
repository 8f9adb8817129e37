import HTTPTypes
import JSON
import OpenSSL
import Postgres
import Store

/// Makes a request with an `Idempotency-Key` happen once, however often it is sent within a day, and
/// to however many collectors of one store (draft-ietf-httpapi-idempotency-key-header).
///
/// Answers are kept sealed, since some of them hold secrets. A request that was refused has changed
/// nothing and keeps no key. One whose outcome is not known keeps it: whoever asks again is told to
/// look first.
struct Idempotency: Sendable {
  let context: APIContext
  private let claim: IdempotencyQueries.Claim
  private let sealingContext: [UInt8]

  /// `nil` where the request carries no key.
  init?(
    _ header: String?, route: Route, path: String, body: JSONValue, caller: Identity?,
    context: APIContext
  ) throws {
    guard let header, route.takesIdempotencyKey, let caller else { return nil }
    guard 1...255 ~= header.utf8.count, header.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw Problem(
        .badRequest, "The header Idempotency-Key must be 1 to 255 visible ASCII characters.")
    }
    self.context = context
    let request = "\(route.method.rawValue) \(path)\n"
    claim = IdempotencyQueries.Claim(
      organization: caller.organization, credential: caller.keyID, key: header,
      fingerprint: try SHA256.digest(Array(request.utf8) + body.bytes))
    sealingContext = Array("upblit idempotency \(caller.keyID) \(header)".utf8)
  }

  /// The answer of `body`, which runs only if no such request was answered before.
  func answer(_ body: () async throws -> APIAnswer) async throws -> APIAnswer {
    let claim = claim
    let standing = try await context.store.run { try IdempotencyQueries.begin(claim, on: $0) }
    switch standing {
    case .begun: break
    case .inFlight:
      var problem = Problem(
        .inFlight,
        "It is being answered, or its outcome is not known: look whether it was done before you "
          + "send it under another key.")
      problem.headers = [("retry-after", "1")]
      throw problem
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
    let sealed = try context.configuration.sealingKey.seal(
      document(answer).bytes, context: sealingContext)
    try? await context.store.run { try IdempotencyQueries.finish(claim, answer: sealed, on: $0) }
    return answer
  }

  private static func changedNothing(_ error: any Error) -> Bool {
    if error is Problem || error is FieldErrors { return true }
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
