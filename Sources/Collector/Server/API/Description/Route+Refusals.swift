import HTTPTypes
import JSON

/// What follows from a route's form: which headers it understands and what it may refuse.
extension Route {
  /// Every problem that the operation can answer, each kind once.
  var refusals: [Problem.Kind] {
    var kinds: Set<Problem.Kind> = [.badRequest, .notAcceptable, .rateLimited, .internalError]
    if access != .anyone { kinds.formUnion([.unauthenticated, .unavailable]) }
    switch access {
    case .anyone: break
    case .person: kinds.formUnion([.notAllowed, .crossSite])
    case .anyCredential: kinds.formUnion([.notFound, .crossSite])
    case .scope: kinds.formUnion([.insufficientScope, .notFound, .crossSite])
    }
    if !operation.query.isEmpty { kinds.insert(.invalidQuery) }
    let namesOthers = operation.query.contains { $0.schema.json["format"] == "uuid" }
    if !path.names.isEmpty || namesOthers { kinds.insert(.notFound) }
    if takesBody {
      kinds.formUnion([
        .malformedJSON, .invalidFields, .timeout, .tooLarge, .unsupportedMediaType,
      ])
    }
    if takesIfMatch { kinds.insert(.changed) }
    if takesIdempotencyKey { kinds.formUnion([.inFlight, .keyReused]) }
    kinds.formUnion(operation.refusals)
    return Problem.Kind.allCases.filter(kinds.contains)
  }

  /// Whether a `If-None-Match` may be answered by 304: where the answer has a version.
  var takesIfNoneMatch: Bool { method == .get && operation.answer.headers.contains(.etag) }

  /// Whether the change may depend on the version that the caller knows.
  var takesIfMatch: Bool { operation.isConditional }

  /// Whether the change may be asked for twice and made once.
  var takesIdempotencyKey: Bool {
    method == .post && operation.answer.status == 201 && isInOrganization
  }

  /// Whether it acts in an organization, which the caller may name.
  var isInOrganization: Bool { access != .anyone && access != .person }
}
