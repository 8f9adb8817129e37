import JSON
import Model
import Postgres
import Store

/// `/api/v1/checks`: a check that somebody tries once, from every region, and keeps nothing of.
enum CheckResource {
  static let routes: [Route] = [
    .post(
      "/api/v1/checks", .scope(.monitorsWrite),
      Operation(
        "tryCheck", .monitors, "Try a check from every region",
        "One live agent in each region is asked at once; read what they find where `Location` says, "
          + "every 250 ms or so, until `state` is `done`. It becomes no result and is gone after some "
          + "minutes. An organization may try \(CheckTries.mostAMinute) checks a minute, "
          + "\(CheckTries.mostOpen) at a time, as far as its quota of probes allows.",
        body: CheckTrySchema.new, examples: CheckTrySchema.examples,
        answer: .created(CheckTrySchema.checkTry, "Who is asked."), refusals: [.conflict]),
      handler: create),
    .get(
      "/api/v1/checks/{id}", .scope(.monitorsWrite),
      Operation(
        "getTriedCheck", .monitors, "Read what came of a check that is tried",
        "A region whose agent does not answer in time is `unknown` for `agent.silent`, one without a "
          + "live agent for `agent.absent`; one that tries too much already for `agent.busy`.",
        answer: .ok(CheckTrySchema.checkTry, "How it stands.")), handler: get),
  ]

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let sealing = context.configuration.sealingKey
    let draft = try request.readBody { TryDraft.read(&$0) }
    do {
      return try await request.write(context) { write in
        let record = try CheckTries.ask(
          draft, organization: organization, sealing: sealing, in: write)
        return .created(json(record), at: "/api/v1/checks/\(record.id)")
      }
    } catch let refusal as CheckTries.Refusal {
      throw problem(of: refusal)
    }
  }

  private static func problem(of refusal: CheckTries.Refusal) -> Problem {
    switch refusal {
    case .tooMany(let seconds):
      return limited(
        "Your organization tries at most \(CheckTries.mostAMinute) checks a minute.",
        afterSeconds: seconds)
    case .tooManyOpen:
      return limited(
        "\(CheckTries.mostOpen) checks that your organization tries are not answered yet.",
        afterSeconds: 1)
    case .quota(let most, let wished):
      return Problem(
        .conflict,
        "Your organization's monitors and the checks it tries would make "
          + "\(MonitorResource.hundredths(wished)) probes a second; its quota allows "
          + "\(MonitorResource.hundredths(most)): name fewer regions, wait a minute, or ask an operator "
          + "for more.")
    }
  }

  private static func limited(_ detail: String, afterSeconds seconds: Int64) -> Problem {
    var problem = Problem(.rateLimited, detail)
    problem.headers = [("retry-after", String(seconds))]
    return problem
  }

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let id: ProbeRequestID = try request.identifier("id", of: "check")
    let record = try await context.store.run { connection in
      try CheckTries.get(id, organization: organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("check") }
    return .ok(json(record))
  }

  private static func json(_ record: CheckTries.Record) -> JSONValue {
    [
      "id": .string(record.id.description), "state": record.isDone ? "done" : "running",
      "check": record.check, "timeout_ms": .integer(Int64(record.timeoutMs)),
      "asked_at": .string(record.askedAt.description),
      "expires_at": .string(record.expiresAt.description),
      "regions": .array(record.regions.map(json)),
    ]
  }

  private static func json(_ region: CheckTries.Region) -> JSONValue {
    var object = JSONObject()
    object["region"] = .string(region.name)
    object["agent"] = .optional(region.agent?.description)
    for name in CheckTrySchema.answerMembers { object[name] = region.answer?.json[name] ?? .null }
    return .object(object)
  }
}
