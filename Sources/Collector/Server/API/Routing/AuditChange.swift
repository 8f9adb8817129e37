import JSON

/// What the audit log says of a change. Made of what the API shows, which holds no secrets.
enum AuditChange {
  /// A pair `[before, after]` for each member that is not the same in both; `nil` where all are.
  static func between(_ before: JSONObject, _ after: JSONObject) -> JSONValue? {
    var change = JSONObject()
    for member in before.members + after.members
    where change[member.name] == nil && before[member.name] != after[member.name] {
      change[member.name] = [before[member.name] ?? .null, after[member.name] ?? .null]
    }
    return change.members.isEmpty ? nil : .object(change)
  }
}
