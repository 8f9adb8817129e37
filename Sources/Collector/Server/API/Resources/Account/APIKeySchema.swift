import JSON
import Store

/// The forms of API keys.
enum APIKeySchema {
  private static let scopes = Schema.array(of: .words(Scope.allCases.map(\.rawValue)))
  private static let members: KeyValuePairs<String, Schema> = [
    "id": .id, "name": .text, "scopes": scopes,
    "effective_scopes": scopes.described("What it may do now: less, where its maker may do less."),
    "hint": Schema.text.described("The secret's beginning and end."),
    "networks": Schema.array(of: .text).nullable.described(
      "From where it may be used; `null`: from everywhere."),
    "made_by": Schema.id.nullable.described("`null`: the installation's command line."),
    "parent": Schema.id.nullable.described("The key that made it, whose end ends it."),
    "created_at": .time, "expires_at": Schema.time.nullable,
    "last_used_at": Schema.time.nullable.described("To the minute."),
    "last_address": Schema.text.nullable, "revoked_at": Schema.time.nullable,
  ]

  static let key: Schema = Schema.told(members).named("APIKey")

  static let made: Schema = Schema.told(members)
    .including(["secret": Schema.text.described("Shown this once.")]).named("MadeAPIKey")

  static let new: Schema = Schema.sent(
    [
      "name": .line(1...100),
      "scopes": .array(of: .words(Scope.allCases.map(\.rawValue)), count: 1...Scope.allCases.count),
      "expires_at": Schema.time,
      "networks": .array(
        of: Schema.string(2...64).example("192.0.2.0/24"), count: 1...32),
    ], required: ["name", "scopes"]
  ).named("NewAPIKey")
}
