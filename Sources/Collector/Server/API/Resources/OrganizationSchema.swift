import JSON
import Store

/// The forms of what a key belongs to.
enum OrganizationSchema {
  static let organization: Schema = Schema.told([
    "id": .id, "name": .text, "policy": Schema.policy,
    "inheriting": Schema.count.described("How many monitors have no policy of their own."),
    "created_at": .time, "updated_at": .time,
  ]).named("Organization")

  static let change: Schema = Schema.sent(["name": .line(1...100), "policy": Schema.policy])
    .named("OrganizationChange")

  static let identity: Schema = Schema.told([
    "organization": .reference, "key": Schema.reference.nullable,
    "person": Schema.told(["id": .id, "email": .text, "name": .text]).nullable,
    "role": Schema.words(Role.allCases.map(\.rawValue)).nullable,
    "scopes": .array(of: .words(Scope.allCases.map(\.rawValue))),
  ]).named("Identity")

  static let status: Schema = {
    func counts(_ words: [String]) -> Schema {
      words.reduce(Schema.told(["total": .count])) { $0.including([$1: .count]) }
    }
    return Schema.told([
      "at": .time, "monitors": counts(StatusResource.states),
      "agents": counts(["live", "silent", "new"]),
      "open_incidents": .array(of: IncidentSchema.incident),
    ]).named("Status")
  }()
}
