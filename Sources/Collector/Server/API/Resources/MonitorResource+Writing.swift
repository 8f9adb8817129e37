import JSON
import Model
import Postgres
import Store

/// What every write of a monitor does beside writing it: it asks for the quota, and tells the audit log.
extension MonitorResource {
  /// Throws where the organization's quota does not allow a monitor to become `draft`.
  static func requireQuota(
    _ draft: MonitorDraft, insteadOf old: MonitorDraft?, _ organization: OrganizationID,
    _ connection: Connection
  ) throws {
    let problem = try QuotaQueries.problem(
      old: old.map { ($0.intervalSeconds, $0.regions, $0.paused) },
      new: (draft.intervalSeconds, draft.regions, draft.paused), organization: organization,
      on: connection)
    switch problem {
    case nil: return
    case .interval(let least):
      throw Problem(
        FieldErrors(
          pointer: "/interval_s", detail: "must be at least \(least): your organization's quota"))
    case .monitors(let most):
      throw Problem(
        .conflict,
        "Your organization has as many monitors as its quota allows, \(most): delete some, or ask "
          + "an operator for more.")
    case .probes(let most, let wished):
      throw Problem(
        .conflict,
        "Your organization's monitors would make \(hundredths(wished)) probes a second; its quota "
          + "allows \(hundredths(most)): take a longer interval or fewer regions, or ask an operator "
          + "for more.")
    }
  }

  static func hundredths(_ number: Double) -> String {
    "\((number * 100).rounded() / 100)"
  }

  /// Tells the audit log what is different.
  static func record(
    _ before: MonitorRecord, _ after: MonitorRecord, _ organization: OrganizationID,
    in write: AuditedWrite
  ) throws {
    guard before.draft != after.draft else { return write.nothingChanged() }
    // What is not shown can differ alone: the values of secret headers.
    let change = AuditChange.between(settings(before), settings(after)) ?? ["secrets": "changed"]
    try write.record(
      AuditEntry(
        "monitor.update", organization: organization, objectID: after.id.description,
        change: change))
  }

  /// What a team decides about a monitor, as the API shows it.
  static func settings(_ record: MonitorRecord) -> JSONObject {
    let draft = record.draft
    var settings = JSONObject()
    settings["name"] = .string(draft.name)
    settings["check"] = record.shownCheck
    settings["interval_s"] = .integer(Int64(draft.intervalSeconds))
    settings["timeout_ms"] = .integer(Int64(draft.timeoutMs))
    settings["regions"] = draft.regions.map { .strings($0) } ?? .null
    settings["policy"] = draft.policy.map(PolicyDocument.json) ?? .null
    settings["parent"] = .optional(draft.parent?.description)
    settings["tags"] = .strings(draft.tags)
    settings["paused"] = .bool(draft.paused)
    return settings
  }
}
