import JSON

/// An error answer: `application/problem+json` (RFC 9457).
///
/// Its texts are written for whoever called; they never hold SQL, paths of the server's files, or
/// anything of another organization.
struct Problem: Error, Sendable {
  /// What kind of problem it is: the last part of the `type` URN, stable over versions.
  enum Kind: String, Sendable, CaseIterable {
    case badRequest = "bad-request"
    case malformedJSON = "malformed-json"
    case invalidFields = "invalid-fields"
    case invalidQuery = "invalid-query"
    case unauthenticated = "unauthenticated"
    case wrongCredentials = "wrong-credentials"
    case secondFactorRequired = "second-factor-required"
    case insufficientScope = "insufficient-scope"
    case notAllowed = "not-allowed"
    case crossSite = "cross-site"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case timeout = "timeout"
    case conflict = "conflict"
    case inFlight = "in-flight"
    case changed = "changed"
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case keyReused = "key-reused"
    case rateLimited = "rate-limited"
    case unavailable = "unavailable"
    case overloaded = "overloaded"
    case internalError = "internal-error"

    /// The `type` of the problem.
    var urn: String { "urn:upblit:problem:\(rawValue)" }

    var status: Int {
      switch self {
      case .badRequest, .malformedJSON, .invalidQuery: 400
      case .unauthenticated, .wrongCredentials, .secondFactorRequired: 401
      case .insufficientScope, .notAllowed, .crossSite: 403
      case .notFound: 404
      case .methodNotAllowed: 405
      case .notAcceptable: 406
      case .timeout: 408
      case .conflict, .inFlight: 409
      case .changed: 412
      case .tooLarge: 413
      case .unsupportedMediaType: 415
      case .invalidFields, .keyReused: 422
      case .rateLimited: 429
      case .internalError: 500
      case .unavailable, .overloaded: 503
      }
    }

    var title: String {
      switch self {
      case .badRequest: "The request can't be understood"
      case .malformedJSON: "The body is not valid JSON"
      case .invalidFields: "Some fields can't be taken as they are"
      case .invalidQuery: "A query parameter can't be taken as it is"
      case .unauthenticated: "No valid credential came with the request"
      case .wrongCredentials: "The credentials are wrong"
      case .secondFactorRequired: "A one-time code is needed too"
      case .insufficientScope: "The credential may not do this"
      case .notAllowed: "Whoever asks may not do this"
      case .crossSite: "A page of another site may not do this"
      case .notFound: "There is no such thing"
      case .methodNotAllowed: "This resource does not know this method"
      case .notAcceptable: "The answer has none of the types that are asked for"
      case .timeout: "The request took too long to arrive"
      case .conflict: "The request conflicts with what is stored"
      case .inFlight: "A request with this Idempotency-Key is being answered"
      case .changed: "The resource has changed since it was read"
      case .tooLarge: "The body is too large"
      case .unsupportedMediaType: "The body must be application/json"
      case .keyReused: "The Idempotency-Key was used for another request"
      case .rateLimited: "The allowance is used up"
      case .unavailable: "What this needs can't be reached at the moment"
      case .overloaded: "The collector has no room for more"
      case .internalError: "The collector made a mistake"
      }
    }
  }

  var kind: Kind
  /// One sentence about this occurrence, and what to do.
  var detail: String
  /// The fields that are wrong.
  var fields: FieldErrors = FieldErrors()
  /// Headers that the answer also has, lower-case.
  var headers: [(String, String)] = []
  /// Whether the connection must end after the answer, since the rest of the request is unread.
  var closesConnection = false

  init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  /// The fields of a body that are wrong.
  init(_ fields: FieldErrors) {
    self.init(
      .invalidFields, fields.errors.first.map(\.description) ?? "a field is wrong")
    self.fields = fields
  }

  /// Nothing of this kind with this id that the caller may see: whether it never existed or
  /// belongs to others is not told.
  static func noSuch(_ thing: String) -> Problem {
    Problem(.notFound, "There is no \(thing) with this id in your organization.")
  }

  /// The body, for the request called `requestID`.
  func json(requestID: String) -> JSONValue {
    var object: JSONValue = [
      "type": .string(kind.urn), "title": .string(kind.title),
      "status": .integer(Int64(kind.status)), "detail": .string(detail),
      "instance": .string("urn:upblit:request:\(requestID)"), "request_id": .string(requestID),
    ]
    guard !fields.errors.isEmpty, case .object(var members) = object else { return object }
    members["errors"] = .array(
      fields.errors.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] })
    object = .object(members)
    return object
  }
}
