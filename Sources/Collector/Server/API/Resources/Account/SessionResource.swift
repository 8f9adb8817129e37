import JSON
import Model
import Postgres
import Store

/// `/api/v1/sessions`: where a person is signed in.
enum SessionResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/sessions", .person,
      Operation(
        "listSessions", .account, "List your sessions", "Newest first, those that can be used.",
        query: Parameter.page, answer: .page(of: AccountSchema.session, "Sessions.")), handler: list
    ),
    .get(
      "/api/v1/sessions/{id}", .person,
      Operation(
        "getSession", .account, "Read one of your sessions",
        answer: .tagged(AccountSchema.session, "The session.")), handler: get),
    .delete(
      "/api/v1/sessions/{id}", .person,
      Operation(
        "endSession", .account, "End one of your sessions", "It may be repeated.",
        answer: .done("It is ended.")), handler: end),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let page = try PageRequest(request, list: "sessions", cursorValues: 1)
    // A person has few: the store bounds them.
    var sessions = try await context.store.run {
      try LoginSessions.list(of: person.id, on: $0)
    }[...]
    if let id = page.cursor?.values[0] {
      guard let last = sessions.firstIndex(where: { $0.id.description == id }) else {
        throw PageRequest.badCursor
      }
      sessions = sessions[(last + 1)...]
    }
    let shown = sessions.prefix(page.limit)
    let next = sessions.count > page.limit ? shown.last : nil
    return .page(
      shown.map { AccountDocument.json($0, current: person.session) },
      next: next.map { Cursor(list: "sessions", values: [$0.id.description]).text }, of: request)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let id: LoginSessionID = try request.identifier("id", of: "session")
    let sessions = try await context.store.run { try LoginSessions.list(of: person.id, on: $0) }
    guard let session = sessions.first(where: { $0.id == id }) else {
      throw Problem(.notFound, "You have no live session with this id.")
    }
    return .ok(AccountDocument.json(session, current: person.session))
  }

  private static func end(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let id: LoginSessionID = try request.identifier("id", of: "session")
    let audit = request.audit(as: person.actor)
    let existed = try await context.store.run { connection in
      try AuditTrail.write(by: audit, on: connection) {
        try LoginSessions.end(
          id, of: person.id, id == person.session ? .signedOut : .revoked, in: $0)
      }
    }
    guard existed else { throw Problem(.notFound, "You have no session with this id.") }
    return .noContent
  }
}
