public import JSON

/// The documents under `/api/v2/` that programs made for Statuspage read.
public enum StatuspageDocument: String, CaseIterable, Hashable, Sendable {
  case status = "status.json"
  case summary = "summary.json"
  case components = "components.json"
  case incidents = "incidents.json"
  case unresolved = "incidents/unresolved.json"
  case maintenances = "scheduled-maintenances.json"
  case activeMaintenances = "scheduled-maintenances/active.json"
  case upcomingMaintenances = "scheduled-maintenances/upcoming.json"

  /// Incidents or maintenances that one document lists.
  static let mostListed = 50

  /// What the document says of `page`.
  public func value(of page: StatusPage) -> JSONValue {
    let parts = StatuspageParts(page)
    return switch self {
    case .status: ["page": parts.page, "status": parts.status]
    case .summary:
      [
        "page": parts.page, "components": parts.components,
        "incidents": parts.incidents(page.open),
        "scheduled_maintenances": parts.maintenances(page.active + page.upcoming),
        "status": parts.status,
      ]
    case .components: ["page": parts.page, "components": parts.components]
    case .incidents: ["page": parts.page, "incidents": parts.incidents(page.incidents)]
    case .unresolved: ["page": parts.page, "incidents": parts.incidents(page.open)]
    case .maintenances: parts.scheduled(page.maintenances)
    case .activeMaintenances: parts.scheduled(page.active)
    case .upcomingMaintenances: parts.scheduled(page.upcoming)
    }
  }

  /// The document, UTF-8.
  public func bytes(of page: StatusPage) -> [UInt8] { value(of: page).bytes }
}
