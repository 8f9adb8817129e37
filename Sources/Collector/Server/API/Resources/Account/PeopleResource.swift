import JSON
import Model
import Postgres
import Store

/// `/api/v1/people`: everybody of the installation, for operators.
enum PeopleResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/people", .person,
      Operation(
        "listPeople", .account, "List people", "For operators; by e-mail address.",
        query: Parameter.page, answer: .page(of: schema, "People.")), handler: list),
    .get(
      "/api/v1/people/{id}", .person,
      Operation(
        "getPerson", .account, "Read a person", "For operators.",
        answer: .tagged(schema, "The person.")), handler: get),
    .patch(
      "/api/v1/people/{id}", .person,
      Operation(
        "changePerson", .account, "Disable a person, or make an operator",
        "For operators. Of a disabled person all sessions end and keys stop.", body: change,
        examples: [("who has left", ["disabled": true])],
        answer: .tagged(schema, "The person as they are now."), refusals: [.conflict],
        isConditional: true), handler: changePerson),
  ]

  private static let schema: Schema = Schema.told([
    "id": .id, "email": .text, "name": .text, "is_operator": .bool, "has_second_factor": .bool,
    "disabled": .bool, "created_at": .time, "updated_at": .time,
  ]).named("KnownPerson")

  private static let change: Schema = Schema.sent([
    "is_operator": .bool, "disabled": .bool,
    "has_second_factor": Schema.bool.with("const", false).described(
      "Takes it away, of somebody who has lost it."),
  ])
  .named("KnownPersonChange")

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    _ = try OrganizationListResource.requireOperator(request)
    let page = try PageRequest(request, list: "people", cursorValues: 1)
    let records = try await context.store.run {
      try PersonQueries.list(after: page.cursor?.values[0], limit: page.limit + 1, on: $0)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json),
      next: next.flatMap { EmailAddress($0.email)?.key }.map {
        Cursor(list: "people", values: [$0]).text
      }, of: request)
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    _ = try OrganizationListResource.requireOperator(request)
    let id: PersonID = try request.identifier("id", of: "person")
    let record = try await context.store.run { try PersonQueries.get(id, on: $0) }
    guard let record else { throw Problem(.notFound, "There is no person with this id.") }
    return .ok(json(record), version: record.version)
  }

  private static func changePerson(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try OrganizationListResource.requireOperator(request)
    let id: PersonID = try request.identifier("id", of: "person")
    let (isOperator, isDisabled, factor) = try request.readBody {
      reader -> (Bool?, Bool?, Bool?)? in
      let factor = reader.bool("has_second_factor")
      if factor == true {
        reader.note(reader.child("has_second_factor"), "must be false: only its owner turns it on")
      }
      return (reader.bool("is_operator"), reader.bool("disabled"), factor)
    }
    if factor == false, id == person.id {
      throw Problem(
        .notAllowed,
        "Your own is taken away with a code: POST /api/v1/account/second-factor/remove.")
    }
    let record = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: person.actor), on: connection) {
        write -> PersonRecord? in
        write.nothingChanged()
        guard let old = try PersonQueries.lockStanding(id, in: write) else { return nil }
        try request.requireVersion(old.version, of: "person")
        if let isOperator { _ = try PersonQueries.setOperator(isOperator, of: id, in: write) }
        if factor == false { _ = try SecondFactor.remove(id, in: write) }
        switch isDisabled {
        case true?: _ = try PersonQueries.disable(id, in: write)
        case false?: _ = try PersonQueries.enable(id, in: write)
        case nil: break
        }
        return try PersonQueries.get(id, on: write.connection)
      }
    }
    guard let record else { throw Problem(.notFound, "There is no person with this id.") }
    return .ok(json(record), version: record.version)
  }

  private static func json(_ record: PersonRecord) -> JSONValue {
    [
      "id": .string(record.id.description), "email": .string(record.email),
      "name": .string(record.name), "is_operator": .bool(record.isOperator),
      "has_second_factor": .bool(record.hasSecondFactor),
      "disabled": .bool(record.disabledAt != nil),
      "created_at": .string(record.createdAt.description),
      "updated_at": .string(record.updatedAt.description),
    ]
  }
}
