import JSON
import Model
import Postgres
import Quorum
import Store

/// `/api/v1/organization`: the caller's organization and the policy that its monitors inherit.
enum OrganizationResource {
  static let path: PathPattern = "/api/v1/organization"
  static let routes: [Route] = [
    .get(
      path, .scope(.monitorsRead),
      Operation(
        "getOrganization", .organization, "Read the key's organization",
        answer: .tagged(OrganizationSchema.organization, "The organization."),
        refusals: [.notFound]), handler: get),
    .patch(
      path, .scope(.organizationWrite),
      Operation(
        "changeOrganization", .organization, "Change the name, or the policy that monitors inherit",
        "A policy is refused where a monitor that would inherit it has too few regions for it.",
        body: OrganizationSchema.change,
        examples: [("two regions", ["policy": ["kind": "majority"]])],
        answer: .tagged(OrganizationSchema.organization, "The organization as it is now."),
        refusals: [.notFound, .notAllowed, .conflict], isConditional: true), handler: change),
  ]

  private static func get(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    let record = try await context.store.run { connection in
      try OrganizationQueries.get(organization, on: connection)
    }
    guard let record else { throw Problem.noSuch("organization") }
    return answer(record)
  }

  /// Takes over the policy; with `If-Match`, only if nobody changed the organization since.
  private static func change(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let organization = try request.caller.organization
    return try await request.write(context) { write in
      var before: OrganizationRecord?
      var name: String?
      let changed = try OrganizationQueries.changePolicy(
        of: organization, on: write.connection
      ) { record in
        before = record
        try request.requireVersion(record.version, of: "organization")
        let policy = try request.readBody { reader in
          name = AccountFields.optionalLine("name", &reader)
          return read(&reader, record)
        }
        if let obstacle = try OrganizationQueries.obstacle(
          to: policy, in: organization, on: write.connection)
        {
          throw Problem(
            FieldErrors(
              pointer: PolicyDocument.place(of: obstacle.problem, in: "/policy"),
              detail: words(obstacle)))
        }
        return policy
      }
      guard let before, let changed else { throw Problem.noSuch("organization") }
      if before.policy == changed.policy {
        write.nothingChanged()
      } else {
        try write.record(
          AuditEntry(
            "organization.update", organization: organization,
            objectID: changed.uuid.description,
            change: [
              "policy": [PolicyDocument.json(before.policy), PolicyDocument.json(changed.policy)]
            ]))
      }
      guard let name, name != changed.name else { return answer(changed) }
      guard let renamed = try OrganizationQueries.rename(organization, to: name, in: write) else {
        throw Problem.noSuch("organization")
      }
      return answer(renamed)
    }
  }

  private static func read(_ reader: inout ObjectReader, _ record: OrganizationRecord) -> Policy? {
    if reader.isNull("policy") { reader.note(reader.child("policy"), "must not be null") }
    guard let policy = reader.object("policy", { PolicyDocument.read(&$0) }) else {
      return record.policy
    }
    if let problem = policy.problem(regions: nil) {
      reader.note(
        PolicyDocument.place(of: problem, in: reader.child("policy")), problem.description)
    }
    return policy
  }

  private static func words(_ obstacle: OrganizationQueries.Obstacle) -> String {
    let others = obstacle.count - 1
    let whose =
      "of the monitor \"\(obstacle.monitorName)\""
      + (others > 0 ? " and \(others) \(others == 1 ? "other" : "others")" : "")
    return "can't be satisfied by the regions \(whose), which would inherit it: \(obstacle.problem)"
  }

  private static func answer(_ record: OrganizationRecord) -> APIAnswer {
    .ok(
      [
        "id": .string(record.uuid.description), "name": .string(record.name),
        "policy": PolicyDocument.json(record.policy), "inheriting": .integer(record.inheriting),
        "created_at": .string(record.createdAt.description),
        "updated_at": .string(record.updatedAt.description),
      ], version: record.version)
  }
}
