import JSON
import Model
import Postgres
import Store

/// `/api/v1/organizations`: where a person belongs; for operators all there are, and their quotas.
enum OrganizationListResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/organizations", .person,
      Operation(
        "listOrganizations", .organization, "List your organizations",
        "By name. Operators see all there are.", query: Parameter.page,
        answer: .page(of: OrganizationListSchema.summary, "Organizations.")), handler: list),
    .post(
      "/api/v1/organizations", .person,
      Operation(
        "createOrganization", .organization, "Make an organization",
        "For operators, who become its owners.", body: OrganizationListSchema.new,
        examples: [("another team", ["name": "search"])],
        answer: .created(OrganizationListSchema.summary, "The organization."),
        refusals: [.conflict]), handler: create),
    .get(
      "/api/v1/organizations/{id}", .person,
      Operation(
        "getQuota", .organization, "Read an organization's quota and what is used of it",
        answer: .tagged(OrganizationListSchema.quota, "The quota.")), handler: getQuota),
    .patch(
      "/api/v1/organizations/{id}", .person,
      Operation(
        "changeQuota", .organization, "Change an organization's quota",
        "For operators. What an organization has already stays.",
        body: OrganizationListSchema.change,
        examples: [("a hundred monitors", ["quota": ["monitors": 100]])],
        answer: .tagged(OrganizationListSchema.quota, "The quota as it is now.")),
      handler: changeQuota),
  ]

  private static func list(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let page = try PageRequest(request, list: "organizations", cursorValues: 1)
    let after = page.cursor?.values[0]
    let items: [(name: String, json: JSONValue)] = try await context.store.run { connection in
      if person.isOperator {
        return try OrganizationQueries.list(
          for: person.id, after: after, limit: page.limit + 1, on: connection
        ).map { ($0.name, json($0.uuid, $0.name, role: $0.role)) }
      }
      return try AuthorityQueries.organizations(
        of: person.id, after: after, limit: page.limit + 1, on: connection
      ).map { ($0.name, json($0.uuid, $0.name, role: $0.role)) }
    }
    let shown = items.prefix(page.limit)
    let next = items.count > page.limit ? shown.last : nil
    return .page(
      shown.map(\.json),
      next: next.map { Cursor(list: "organizations", values: [$0.name]).text }, of: request)
  }

  private static func create(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try requireOperator(request)
    let name = try request.readBody { AccountFields.line("name", &$0) }
    let record = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: person.actor), on: connection) {
        try OrganizationQueries.create(name: name, owner: person.id, in: $0)
      }
    }
    return .created(
      json(record.uuid, record.name, role: .owner), at: "/api/v1/organizations/\(record.uuid)")
  }

  private static func getQuota(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try request.signedIn
    let id: OrganizationUUID = try request.identifier("id", of: "organization")
    let found = try await context.store.run { connection -> JSONValue? in
      guard let access = try AuthorityQueries.access(of: person.id, to: id, on: connection),
        let (quota, use) = try QuotaQueries.get(access.organization, on: connection)
      else { return nil }
      return json(access, quota, use)
    }
    guard let found else { throw Problem.noSuchOrganization }
    return .ok(found)
  }

  private static func changeQuota(
    _ request: APIRequest, _ context: APIContext
  ) async throws -> APIAnswer {
    let person = try requireOperator(request)
    let id: OrganizationUUID = try request.identifier("id", of: "organization")
    let changed = try await context.store.run { connection in
      try AuditTrail.write(by: request.audit(as: person.actor), on: connection) {
        write -> JSONValue? in
        guard let access = try AuthorityQueries.access(of: person.id, to: id, on: write.connection),
          let (old, use) = try QuotaQueries.get(access.organization, on: write.connection)
        else {
          write.nothingChanged()
          return nil
        }
        let wished = try request.readBody { read(&$0, old) }
        let quota = try QuotaQueries.set(wished, of: access.organization, in: write)
        return quota.map { json(access, $0, use) }
      }
    }
    guard let changed else { throw Problem.noSuchOrganization }
    return .ok(changed)
  }

  /// The quota as a body changes it: members that are not there stay, `null` takes a bound away.
  private static func read(
    _ reader: inout ObjectReader, _ old: OrganizationQuota
  ) -> OrganizationQuota? {
    reader.require("quota")
    return reader.object("quota") { reader -> OrganizationQuota? in
      var quota = old
      if reader.isNull("monitors") {
        quota.mostMonitors = nil
      } else if let most = reader.integer("monitors", in: Int32(0)...1_000_000) {
        quota.mostMonitors = most
      }
      if reader.isNull("least_interval_s") {
        quota.leastIntervalSeconds = nil
      } else if let least = reader.integer("least_interval_s", in: Int32(1)...86_400) {
        quota.leastIntervalSeconds = least
      }
      if reader.isNull("probes_per_s") {
        quota.mostProbesPerSecond = nil
      } else if let value = reader.value("probes_per_s") {
        switch value {
        case .integer(let most) where 0...1_000_000 ~= most:
          quota.mostProbesPerSecond = Double(most)
        case .number(let most) where 0...1_000_000 ~= most: quota.mostProbesPerSecond = most
        default: reader.note(reader.child("probes_per_s"), "must be a number from 0 to 1000000")
        }
      }
      return quota
    }
  }

  /// Throws 403 for whoever stands in organizations alone.
  static func requireOperator(_ request: APIRequest) throws(Problem) -> SignedInPerson {
    let person = try request.signedIn
    guard person.isOperator else {
      throw Problem(.notAllowed, "Only an operator of the installation may do this.")
    }
    return person
  }

  private static func json(
    _ id: OrganizationUUID, _ name: String, role: Role?
  ) -> JSONValue {
    [
      "id": .string(id.description), "name": .string(name), "role": .optional(role?.rawValue),
    ]
  }

  private static func json(
    _ access: AuthorityQueries.Access, _ quota: OrganizationQuota, _ use: OrganizationQuota.Use
  ) -> JSONValue {
    [
      "id": .string(access.uuid.description), "name": .string(access.name),
      "quota": [
        "monitors": quota.mostMonitors.map { .integer(Int64($0)) } ?? .null,
        "least_interval_s": quota.leastIntervalSeconds.map { .integer(Int64($0)) } ?? .null,
        "probes_per_s": quota.mostProbesPerSecond.map { .number($0) } ?? .null,
      ],
      "use": [
        "monitors": .integer(use.monitors), "probes_per_s": .number(use.probesPerSecond),
      ],
    ]
  }
}

/// The forms of organizations as people who may be in several see them.
enum OrganizationListSchema {
  static let summary: Schema = Schema.told([
    "id": .id, "name": .text,
    "role": AccountSchema.role.nullable.described("`null` for an operator who is no member."),
  ]).named("OrganizationSummary")

  static let new: Schema = Schema.sent(["name": .line(1...100)], required: ["name"])
    .named("NewOrganization")

  private static let bounds: KeyValuePairs<String, Schema> = [
    "monitors": Schema.integer(0...1_000_000).nullable,
    "least_interval_s": Schema.integer(1...86_400).nullable,
    "probes_per_s": Schema.number.with("minimum", 0).with("maximum", 1_000_000).nullable,
  ]

  static let quota: Schema = Schema.told([
    "id": .id, "name": .text,
    "quota": Schema.told(bounds).described("`null`: no bound."),
    "use": .told(["monitors": .count, "probes_per_s": .number]),
  ]).named("Quota")

  static let change: Schema = Schema.sent(
    ["quota": Schema.sent(bounds)], required: ["quota"]
  ).named("QuotaChange")
}
