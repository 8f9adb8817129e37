import JSON
import Model
import Postgres
import Store

/// `/api/v1/status-page`: what the organization shows to the public.
enum StatusPageResource {
  static let path: PathPattern = "/api/v1/status-page"
  static let routes: [Route] = [
    .get(
      path, .scope(.monitorsRead),
      Operation(
        "getStatusPage", .statusPage, "Read the settings of the public page",
        "The page is made by itself with the organization's first monitor; before that there is none.",
        answer: .tagged(page, "The settings."), refusals: [.notFound]), handler: get),
    .patch(
      path, .scope(.organizationWrite),
      Operation(
        "changeStatusPage", .statusPage, "Change the public page",
        "Takes over the members that are sent. `components` gives monitors their order; those that "
          + "it does not name come behind them, under their own names. A monitor that is hidden is shown "
          + "nowhere in public.",
        body: change,
        examples: [
          ("title", ["title": "Acme", "description": "How our services are."]),
          ("closed", ["published": false]),
        ],
        answer: .tagged(page, "The settings as they are now."), refusals: [.notFound, .conflict],
        isConditional: true), handler: patch),
  ]

  private static let slug = Schema.string(1...63, pattern: "^[a-z0-9]+(-[a-z0-9]+)*$")
    .example("acme")
  private static let component: Schema = Schema.sent(
    [
      "monitor": .id,
      "name": Schema.line(1...100).nullable.described(
        "What the public knows it by; its own name where it is left out."),
      "group": Schema.line(1...100).nullable.described("With which others it stands."),
      "hidden": Schema.bool.byDefault(false),
    ], required: ["monitor"]
  ).named("PageComponentChange")
  private static let change: Schema = Schema.sent([
    "slug": slug, "title": .line(1...100), "description": .string(0...500), "published": .bool,
    "components": Schema.array(of: component, count: 0...mostPlaced),
  ]).named("StatusPageChange")
  private static let page: Schema = Schema.told([
    "url": Schema.text.described("Where it is."), "slug": .text, "title": .text,
    "description": .text, "published": .bool,
    "components": .array(
      of: Schema.told([
        "monitor": .reference, "name": Schema.text.nullable, "group": Schema.text.nullable,
        "hidden": .bool,
      ]).named("PageComponent")), "created_at": .time, "updated_at": .time,
  ]).named("StatusPage")

  /// Of one change.
  private static let mostPlaced = 1_000

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let settings = try await context.store.run { connection in
      try StatusPageQueries.settings(of: organization, on: connection)
    }
    guard let settings else { throw Problem.noSuch("status page") }
    return .ok(json(settings, context), version: settings.version)
  }

  /// Takes over what is sent; with `If-Match`, only if nobody changed it since.
  private static func patch(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    do {
      return try await request.write(context) { write in
        let changed = try StatusPageQueries.change(of: organization, on: write.connection) {
          settings in
          try request.requireVersion(settings.version, of: "status page")
          return try request.readBody { read(&$0) }
        }
        guard let (before, after) = changed else { throw Problem.noSuch("status page") }
        if let change = AuditChange.between(decided(before), decided(after)) {
          try write.record(
            AuditEntry("status_page.update", organization: organization, change: change))
        } else {
          write.nothingChanged()
        }
        return .ok(json(after, context), version: after.version)
      }
    } catch let refusal as StatusPageQueries.Refusal {
      switch refusal {
      case .slugIsTaken:
        throw Problem(.conflict, "Another page has this address; choose another slug.")
      case .noSuchMonitor(let index):
        throw Problem(
          FieldErrors(
            pointer: "/components/\(index)/monitor",
            detail: "must be a monitor of the organization, named once"))
      }
    }
  }

  private static func read(_ reader: inout ObjectReader) -> StatusPageWish {
    var wish = StatusPageWish(
      slug: reader.string("slug", bytes: 1...63),
      title: AccountFields.optionalLine("title", &reader),
      description: reader.string("description", bytes: 0...500),
      isPublished: reader.bool("published"))
    if let slug = wish.slug, !isSlug(slug) {
      reader.note(
        reader.child("slug"), "must be small letters and digits, with single hyphens between them")
    }
    if let components = reader.array("components", count: mostPlaced) {
      wish.components = components.enumerated().compactMap { index, element in
        let place = JSONPointer.child(String(index), of: reader.child("components"))
        return reader.nested(element, at: place) { readComponent(&$0) }
      }
    }
    return wish
  }

  private static func readComponent(_ reader: inout ObjectReader) -> StatusPageWish.Component? {
    reader.require("monitor")
    let text = reader.string("monitor", bytes: 1...64)
    let name = AccountFields.optionalLine("name", &reader)
    let group = AccountFields.optionalLine("group", &reader)
    let isHidden = reader.bool("hidden") ?? false
    guard let text else { return nil }
    guard let monitor = MonitorID(text) else {
      reader.note(reader.child("monitor"), "must be the id of a monitor")
      return nil
    }
    return StatusPageWish.Component(
      monitor: monitor, name: name, group: group, isHidden: isHidden)
  }

  private static func isSlug(_ text: String) -> Bool {
    text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy {
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }
  }

  /// What a team decides about it, as the audit log tells it.
  private static func decided(_ settings: StatusPageSettings) -> JSONObject {
    var decided = JSONObject()
    decided["slug"] = .string(settings.slug)
    decided["title"] = .string(settings.title)
    decided["description"] = .string(settings.description)
    decided["published"] = .bool(settings.isPublished)
    decided["components"] = .array(settings.components.map(json))
    return decided
  }

  private static func json(_ component: StatusPageSettings.Component) -> JSONValue {
    [
      "monitor": [
        "id": .string(component.monitor.description), "name": .string(component.monitorName),
      ],
      "name": .optional(component.name), "group": .optional(component.group),
      "hidden": .bool(component.isHidden),
    ]
  }

  private static func json(_ settings: StatusPageSettings, _ context: APIContext) -> JSONValue {
    [
      "url": .string((context.configuration.publicOrigin ?? "") + "/status/\(settings.slug)"),
      "slug": .string(settings.slug), "title": .string(settings.title),
      "description": .string(settings.description), "published": .bool(settings.isPublished),
      "components": .array(settings.components.map(json)),
      "created_at": .string(settings.createdAt.description),
      "updated_at": .string(settings.updatedAt.description),
    ]
  }
}
