import JSON
import Model
import Store

/// `/api/v1/me`: whose key this is and what it may do.
enum IdentityResource {
  static let routes: [Route] = [
    .get(
      "/api/v1/me", .anyKey,
      Operation(
        "getIdentity", .organization, "Whose key this is, and what it may do",
        answer: .tagged(OrganizationSchema.identity, "The key's organization and scopes."))
    ) { request, _ in
      let caller = try request.caller
      return .ok([
        "organization": [
          "id": .string(caller.organizationUUID.description),
          "name": .string(caller.organizationName),
        ],
        "key": ["id": .string(caller.keyID.description), "name": .string(caller.keyName)],
        "scopes": .strings(caller.scopes.map(\.rawValue).sorted()),
      ])
    }
  ]
}
