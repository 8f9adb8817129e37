import HTTPTypes
import Postgres
import Store

/// Finds out whose key came with a request.
struct Authenticator: Sendable {
  let store: PostgresPool

  static let howTo =
    "Send the header `Authorization: Bearer upb_key_...` with a key that has not been revoked."

  /// The key's identity. An unknown, a revoked and a malformed key get the same answer.
  func identify(_ headers: HTTPFields) async throws -> Identity {
    let values = headers[values: .authorization]
    guard values.count <= 1 else {
      throw Self.refusal("Two credentials came with the request; send one.")
    }
    guard let value = values.first else { throw Self.refusal(Self.howTo) }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer",
      let secret = APIKeySecret(String(parts[1]))
    else { throw Self.refusal(Self.howTo) }
    let hash = try secret.hash
    guard let identity = try await store.run({ try APIKeyQueries.find(hash: hash, on: $0) }) else {
      throw Self.refusal(Self.howTo)
    }
    return identity
  }

  /// Throws unless the key allows `scope`.
  static func require(_ scope: Scope, of identity: Identity) throws(Problem) {
    guard !identity.scopes.contains(scope) else { return }
    var problem = Problem(
      .insufficientScope,
      "The key \"\(identity.keyName)\" lacks the scope \(scope.rawValue); use a key that has it.")
    problem.headers = [
      ("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\"")
    ]
    throw problem
  }

  private static func refusal(_ detail: String) -> Problem {
    var problem = Problem(.unauthenticated, detail)
    problem.headers = [("www-authenticate", "Bearer realm=\"upblit\"")]
    return problem
  }
}
