import JSON
import Model
import Store

/// `/api/v1/me`: who asks, and what that allows.
enum IdentityResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/me", .anyCredential,
      Operation(
        "getIdentity", .organization, "Who asks, and what that allows",
        answer: .tagged(OrganizationSchema.identity, "The organization, and what is allowed there.")
      )
    ) { request, _ in
      let caller = try request.caller
      return .ok([
        "organization": [
          "id": .string(caller.organizationUUID.description),
          "name": .string(caller.organizationName),
        ],
        "key": key(caller.credential), "person": person(caller.credential),
        "role": role(caller.credential),
        "scopes": .strings(caller.scopes.map(\.rawValue).sorted()),
      ])
    }
  ]

  private static func key(_ credential: Identity.Credential) -> JSONValue {
    guard case .apiKey(let id, let name) = credential else { return .null }
    return ["id": .string(id.description), "name": .string(name)]
  }

  private static func person(_ credential: Identity.Credential) -> JSONValue {
    guard case .person(let person, _) = credential else { return .null }
    return [
      "id": .string(person.id.description), "email": .string(person.email),
      "name": .string(person.name),
    ]
  }

  private static func role(_ credential: Identity.Credential) -> JSONValue {
    guard case .person(_, let role) = credential else { return .null }
    return .optional(role?.rawValue)
  }
}
