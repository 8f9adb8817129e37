import JSON
import Postgres
import Store

/// `/api/v1/regions`: from where monitors can be watched.
enum RegionResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/regions", .scope(.agentsRead),
      Operation(
        "listRegions", .agents, "List regions",
        "Those of the organization's agents, of the installation's, and those that monitors name, in "
          + "the order of their names.", query: Parameter.page,
        answer: .page(of: region, "Regions.")), handler: list)
  ]

  private static let region: Schema = Schema.told([
    "region": .text,
    "agents": .told([
      "own": Schema.count.described("The organization's."),
      "shared": Schema.count.described("The installation's."), "live": .count,
    ]), "heard_at": Schema.time.nullable.described("When one of its agents was last heard."),
    "monitors": Schema.count.described("The organization's monitors that it watches."),
  ]).named("Region")

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let page = try PageRequest(request, list: "regions", cursorValues: 1)
    let after = page.cursor?.values[0]
    guard after?.utf8.contains(0) != true else { throw PageRequest.badCursor }
    let records = try await context.store.run { connection in
      try RegionQueries.list(
        after: after, limit: page.limit + 1, organization: organization, on: connection)
    }
    let shown = records.prefix(page.limit)
    let next = records.count > page.limit ? shown.last : nil
    return .page(
      shown.map(json), next: next.map { Cursor(list: "regions", values: [$0.name]).text },
      of: request)
  }

  private static func json(_ record: RegionQueries.Record) -> JSONValue {
    [
      "region": .string(record.name),
      "agents": [
        "own": .integer(record.own), "shared": .integer(record.shared),
        "live": .integer(record.live),
      ], "heard_at": .optional(record.heardAt?.description),
      "monitors": .integer(record.monitors),
    ]
  }
}
