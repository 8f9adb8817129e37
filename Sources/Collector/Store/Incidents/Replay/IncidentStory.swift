import JSON
import Postgres
import Quorum

/// What an incident's row must say, going by the directives of its steps.
struct IncidentStory {
  private let incident: IncidentQueries.Record
  private var newestVerdict: Int64?
  private var isOpen = false
  private var isOver = false
  private var severity: Severity?
  private var startedAt: Int64?
  private var endedAt: Int64?
  private var closing: Int64?
  private var marks: [String] = []
  private var notices: [String] = []

  init(_ incident: IncidentQueries.Record) {
    self.incident = incident
  }

  /// A verdict of this number was given.
  mutating func name(_ verdict: Int64) { newestVerdict = verdict }

  /// These were given by one step, after its verdicts were named.
  mutating func take(_ directives: [Directive], number: Int64) {
    let wasOver = isOver
    for directive in directives where !wasOver {
      switch directive {
      case .openIncident(let severity, let startedAt):
        guard newestVerdict == incident.openingVerdict, !isOver else { continue }
        isOpen = true
        self.severity = severity
        self.startedAt = startedAt
      case .changeSeverity(let severity):
        if isOpen, !isOver { self.severity = severity }
      case .closeIncident(let endedAt, let reason):
        guard isOpen, !isOver else { continue }
        isOver = true
        self.endedAt = endedAt
        closing = reason == .withdrawn ? nil : newestVerdict
      case .markIncident(let mark):
        if isOpen, !isOver, !marks.contains(mark.rawValue) { marks.append(mark.rawValue) }
      case .tell(let notice):
        let isOurs =
          switch NoticeRow.subject(of: notice) {
          case .none: false
          case .open: isOpen && !isOver
          case .closed: isOver
          }
        if isOurs {
          notices.append(Self.words(notice.kind.rawValue, notice.urgency.rawValue, number))
        }
      case .askProbes, .recordVerdict, .forgetVote: continue
      }
    }
  }

  /// A notice as it is compared.
  private static func words(_ kind: String, _ urgency: String, _ step: Int64) -> String {
    "\(kind) \(urgency) by step \(step)"
  }

  /// Says where the incident's row and its notices differ.
  func check(_ report: inout ReplayReport, _ connection: Connection) throws(PostgresError) {
    let rows = try connection.query(
      "SELECT kind, urgency, step FROM notice WHERE incident_id = $1 ORDER BY number", incident.id)
    var told: [String] = []
    for row in rows { told.append(Self.words(try row.get(0), try row.get(1), try row.get(2))) }
    let end = endedAt.map { max($0, startedAt ?? $0) }
    let pairs: [(String, JSONValue, JSONValue)] = [
      ("severity", .string(incident.severity), .optional(severity?.rawValue)),
      ("started_at", .integer(incident.startedAt.milliseconds), .optional(startedAt)),
      ("ended_at", .optional(incident.endedAt?.milliseconds), .optional(end)),
      ("closing_verdict", .optional(incident.closingVerdict), .optional(closing)),
      ("marks", .strings(incident.marks), .strings(marks)),
      ("notices", .strings(told), .strings(notices)),
    ]
    for (name, stored, replayed) in pairs {
      _ = report.compare(
        .incident, at: incident.decidedAt, name, stored: stored, replayed: replayed)
    }
  }
}
