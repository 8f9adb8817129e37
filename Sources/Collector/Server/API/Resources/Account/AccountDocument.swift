import JSON
import Model
import Postgres
import Store

/// People and sessions as the API shows them.
struct AccountDocument: Sendable {
  var person: PersonRecord
  var recoveryCodesLeft: Int64
  var organizations: [AuthorityQueries.Access]

  /// Organizations that are listed; a person of more finds them all under `/api/v1/organizations`.
  private static let most = 100

  /// What the store has of a person; `nil` where there is none.
  init?(_ id: PersonID, on connection: Connection) throws(PostgresError) {
    guard let person = try PersonQueries.get(id, on: connection) else { return nil }
    self.person = person
    recoveryCodesLeft = try SecondFactor.recoveryCodesLeft(of: id, on: connection)
    organizations = try AuthorityQueries.organizations(
      of: id, after: nil, limit: Self.most, on: connection)
  }

  var json: JSONValue {
    [
      "id": .string(person.id.description), "email": .string(person.email),
      "name": .string(person.name), "is_operator": .bool(person.isOperator),
      "has_password": .bool(person.hasPassword),
      "has_second_factor": .bool(person.hasSecondFactor),
      "recovery_codes_left": .integer(recoveryCodesLeft),
      "organizations": .array(
        organizations.compactMap { access in
          guard let role = access.role else { return nil }
          return [
            "id": .string(access.uuid.description), "name": .string(access.name),
            "role": .string(role.rawValue),
          ]
        }), "created_at": .string(person.createdAt.description),
      "updated_at": .string(person.updatedAt.description),
    ]
  }

  static func json(_ session: LoginSession, current: LoginSessionID?) -> JSONValue {
    [
      "id": .string(session.id.description), "kind": .string(session.kind.rawValue),
      "created_at": .string(session.createdAt.description),
      "used_at": .string(session.usedAt.description),
      "expires_at": .string(session.expiresAt.description),
      "address": .optional(session.address), "user_agent": .optional(session.userAgent),
      "current": .bool(session.id == current),
    ]
  }
}
