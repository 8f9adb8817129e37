import JSON
import Model
import Postgres
import Store

/// `/api/v1/incidents/{id}/acknowledge`, `/comments`, `/updates` and `/resolve`: what people say of
/// incidents.
enum IncidentNoteResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/incidents/{id}/acknowledge", .scope(.incidentsWrite),
      Operation(
        "acknowledgeIncident", .incidents, "Say that somebody knows",
        "Again, or of an incident that is over, it does nothing.",
        answer: .ok(IncidentSchema.incident, "The incident as it is now."),
        refusals: [.conflict]), handler: acknowledge),
    .post(
      "/api/v1/incidents/{id}/comments", .scope(.incidentsWrite),
      Operation(
        "commentIncident", .incidents, "Say something about an incident", "For colleagues.",
        body: comment, examples: [("cause", ["text": "The gateway was rebooted."])],
        answer: .created(IncidentSchema.note, "The comment."), refusals: [.conflict]),
      handler: say),
    .post(
      "/api/v1/incidents/{id}/updates", .scope(.incidentsWrite),
      Operation(
        "updateIncident", .incidents, "Publish how far an incident is",
        "For the public: it says nothing about the verdict, and ends nothing.", body: update,
        examples: [
          ("found", ["status": "identified", "text": "A provider is down; we are moving."])
        ],
        answer: .created(IncidentSchema.note, "The update."), refusals: [.conflict]), handler: say),
    .post(
      "/api/v1/incidents/{id}/resolve", .scope(.incidentsWrite),
      Operation(
        "resolveIncident", .incidents, "Say that an incident is over where no verdict can",
        "Taken where its severity is `unknown`, or its monitor is paused or deleted; 409 where the "
          + "verdict says that it lasts. `resolved_at` tells of it; the verdict stays what it is, and "
          + "when it worsens, `resolved_at` is taken back. Again, or of an incident that is over, it "
          + "does nothing.", body: resolution,
        examples: [("known", ["text": "The agents were moved."])],
        answer: .ok(IncidentSchema.incident, "The incident as it is now."),
        refusals: [.conflict]), handler: resolve),
  ]

  private static let words = Schema.string(1...10_000)
  private static let comment = Schema.sent(["text": words], required: ["text"]).named("NewComment")
  private static let update = Schema.sent(
    ["status": .words(IncidentNotes.Status.allCases.map(\.rawValue)), "text": words],
    required: ["status", "text"]
  ).named("NewUpdate")
  private static let resolution = Schema.sent(["text": words]).named("Resolution")

  private static func acknowledge(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    try await change(request, context) { id, organization, write in
      try IncidentNotes.acknowledge(id, organization: organization, in: write)
    }
  }

  private static func resolve(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let words: String? = try request.readBody { .some($0.string("text", bytes: 1...10_000)) }
    return try await change(request, context) { id, organization, write in
      try IncidentNotes.resolve(id, words: words, organization: organization, in: write)
    }
  }

  private static func say(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let isUpdate = request.path.hasSuffix("/updates")
    let (words, status) = try request.readBody { reader -> (String, IncidentNotes.Status?)? in
      reader.require("text")
      if isUpdate { reader.require("status") }
      let words = IncidentNotes.Status.allCases.map(\.rawValue)
      let status = isUpdate ? reader.word("status", of: words) : nil
      return reader.string("text", bytes: 1...10_000).map {
        ($0, status.flatMap { IncidentNotes.Status(rawValue: $0) })
      }
    }
    let id: IncidentID = try request.identifier("id", of: "incident")
    let organization = try request.caller.organization
    return try await told {
      try await request.write(context) { write in
        guard
          let record = try IncidentNotes.say(
            words, status: status, of: id, organization: organization, in: write)
        else { throw Problem.noSuch("incident") }
        return .created(json(record), at: "/api/v1/incidents/\(id)")
      }
    }
  }

  private typealias Change =
    @Sendable (IncidentID, OrganizationID, AuditedWrite) throws -> IncidentQueries.Record?

  private static func change(
    _ request: APIRequest, _ context: APIContext, _ body: @escaping Change
  ) async throws -> APIAnswer {
    let id: IncidentID = try request.identifier("id", of: "incident")
    let organization = try request.caller.organization
    let by = try request.auditContext
    let record = try await told {
      try await context.store.run { connection in
        try AuditTrail.write(by: by, on: connection) { try body(id, organization, $0) }
      }
    }
    guard let record else { throw Problem.noSuch("incident") }
    return .ok(.object(IncidentResource.json(record)))
  }

  /// Refusals as problems.
  private static func told<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let refusal as IncidentNotes.Refusal {
      switch refusal {
      case .lasts(let severity):
        throw Problem(
          .conflict,
          "The newest verdict is \(severity): the incident ends when the regions find the monitor up. "
            + "Acknowledge it, comment on it, or pause the monitor.")
      case .full:
        throw Problem(
          .conflict, "\(IncidentNotes.most) of these were said of this incident; no more are kept.")
      }
    }
  }

  static func json(_ record: IncidentNotes.Record) -> JSONValue {
    [
      "id": .string(String(record.id)), "at": .string(record.at.description),
      "kind": .string(record.kind.rawValue), "status": .optional(record.status?.rawValue),
      "text": .optional(record.words),
      "by": [
        "kind": .string(record.actor.kind.rawValue),
        "id": .optional(
          record.actor.id.map { Identifier<AuditActor>(high: $0.high, low: $0.low).description }),
        "label": .string(record.actor.label),
      ],
    ]
  }
}
