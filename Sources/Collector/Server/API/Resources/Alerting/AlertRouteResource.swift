import JSON
import Model
import Postgres
import Store

/// `/api/v1/routes`: who is told of what.
enum AlertRouteResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/routes", .scope(.channelsRead),
      Operation(
        "listRoutes", .alerting, "List routes", "In the order in which they are read.",
        query: Parameter.page, answer: .page(of: RouteSchema.route, "Routes.")), handler: list),
    .post(
      "/api/v1/routes", .scope(.channelsWrite),
      Operation(
        "createRoute", .alerting, "Make a route",
        "With its first route an organization tells only what routes say. All that fit count, up to "
          + "one that is the last.", body: RouteSchema.new, examples: RouteSchema.examples,
        answer: .created(RouteSchema.route, "The route.", isTagged: true), refusals: [.conflict]),
      handler: create),
    .get(
      "/api/v1/routes/{id}", .scope(.channelsRead),
      Operation(
        "getRoute", .alerting, "Read a route", answer: .tagged(RouteSchema.route, "The route.")),
      handler: get),
    .patch(
      "/api/v1/routes/{id}", .scope(.channelsWrite),
      Operation(
        "changeRoute", .alerting, "Change a route",
        "Takes over the fields that are sent. The end of what was told goes wherever it was told.",
        body: RouteSchema.change, examples: [("later", ["delay_s": 300])],
        answer: .tagged(RouteSchema.route, "The route as it is now."), refusals: [.conflict],
        isConditional: true), handler: change),
    .delete(
      "/api/v1/routes/{id}", .scope(.channelsWrite),
      Operation(
        "deleteRoute", .alerting, "Delete a route",
        "Without any route everything is told to all channels. It may be repeated.",
        answer: .done("It is deleted."), isConditional: true), handler: delete),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "routes", cursorValues: 2)
    let all = try await context.store.run { connection in
      try RouteQueries.list(organization: organization, on: connection)
    }
    return page.cut(
      all.map { (key: [String($0.draft.place), $0.draft.name], item: $0) },
      by: { (Int32($0[0]) ?? 0, $0[1]) < (Int32($1[0]) ?? 0, $1[1]) }, of: request,
      RouteDocument.json)
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let draft = try request.readBody { RouteDocument.readNew(&$0) }
    return try await ChannelResource.refusing("routes", most: RouteQueries.most) {
      try await request.write(context) { write in
        let record = try RouteQueries.create(draft, organization: organization, by: write)
        return .created(
          RouteDocument.json(record), at: "/api/v1/routes/\(record.id)", version: record.version)
      }
    }
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: RouteID = try request.identifier("id", of: "route")
    let record = try await context.store.run { connection in
      try RouteQueries.get(id, organization: organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("route") }
    return .ok(RouteDocument.json(record), version: record.version)
  }

  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: RouteID = try request.identifier("id", of: "route")
    return try await ChannelResource.refusing("routes", most: RouteQueries.most) {
      try await request.write(context) { write in
        let standing = try RouteQueries.standing(id, organization: organization, by: write)
        guard let standing, !standing.isDeleted else { throw Problem.noSuch("route") }
        try request.requireVersion(standing.version, of: "route")
        let record = try RouteQueries.change(id, organization: organization, by: write) { draft in
          draft = try request.readBody { reader in
            var changed = draft
            RouteDocument.readChange(&reader, into: &changed)
            return changed
          }
        }
        guard let record else { throw Problem.noSuch("route") }
        return .ok(RouteDocument.json(record), version: record.version)
      }
    }
  }

  private static func delete(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: RouteID = try request.identifier("id", of: "route")
    return try await request.write(context) { write in
      let standing = try RouteQueries.standing(id, organization: organization, by: write)
      guard let standing else { throw Problem.noSuch("route") }
      if standing.isDeleted {
        write.nothingChanged()
      } else {
        try request.requireVersion(standing.version, of: "route")
        _ = try RouteQueries.delete(id, organization: organization, by: write)
      }
      return .noContent
    }
  }
}
