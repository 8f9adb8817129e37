import JSON
import Model
import Postgres
import Store

/// `/api/v1/incidents/{id}/replay`: takes the incident's stored steps again and says whether they
/// give what is stored.
enum ReplayDocument {
  static func get(_ request: APIRequest, _ context: APIContext) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: IncidentID = try request.identifier("id", of: "incident")
    // One moment of everything, however long it takes.
    let report = try await context.store.transaction(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    ) { connection in
      try IncidentQueries.get(id, organization: organization, on: connection).map { incident in
        try IncidentReplay.run(incident, connection)
      }
    }
    guard let report else { throw Problem.noSuch("incident") }
    return .ok(json(report))
  }

  static func json(_ report: ReplayReport) -> JSONValue {
    [
      "identical": .bool(report.isIdentical), "steps": .integer(Int64(report.steps)),
      "verdicts": .integer(Int64(report.verdicts)), "first_step": .optional(report.firstStep),
      "last_step": .optional(report.lastStep), "engine": .integer(Int64(report.engine)),
      "stored_engines": .array(report.storedEngines.map { .integer(Int64($0)) }),
      "cut": .bool(report.isCut), "digest": .optional(report.digest),
      "verdict_digest": .optional(report.verdictDigest),
      "differences": .array(report.differences.map(json)),
    ]
  }

  private static func json(_ difference: ReplayReport.Difference) -> JSONValue {
    let place: JSONValue
    switch difference.place {
    case .step(let number): place = ["kind": "step", "id": .string(String(number))]
    case .verdict(let id): place = ["kind": "verdict", "id": .string(String(id))]
    case .incident: place = ["kind": "incident", "id": .null]
    }
    return [
      "place": place, "at": .optional(difference.at?.description),
      "what": .string(difference.what), "stored": difference.stored ?? .null,
      "replayed": difference.replayed ?? .null,
    ]
  }
}
