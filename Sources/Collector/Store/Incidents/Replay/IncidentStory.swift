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

  init(_ incident: IncidentQueries.Record) {
    self.incident = incident
  }

  /// A verdict of this number was given.
  mutating func name(_ verdict: Int64) { newestVerdict = verdict }

  /// These were given by one step, after its verdicts were named.
  mutating func take(_ directives: [Directive], number: Int64) {
    for directive in directives where !isOver {
      switch directive {
      case .openIncident(let severity, let startedAt):
        guard newestVerdict == incident.openingVerdict else { continue }
        isOpen = true
        self.severity = severity
        self.startedAt = startedAt
      case .changeSeverity(let severity):
        if isOpen { self.severity = severity }
      case .closeIncident(let endedAt, let reason):
        guard isOpen else { continue }
        isOver = true
        self.endedAt = endedAt
        closing = reason == .withdrawn ? nil : newestVerdict
      case .askProbes, .recordVerdict, .forgetVote, .markIncident, .tell: continue
      }
    }
  }

  /// Says where the incident's row differs.
  func check(_ report: inout ReplayReport) {
    let end = endedAt.map { max($0, startedAt ?? $0) }
    let pairs: [(String, JSONValue, JSONValue)] = [
      ("severity", .string(incident.severity), .optional(severity?.rawValue)),
      ("started_at", .integer(incident.startedAt.milliseconds), .optional(startedAt)),
      ("ended_at", .optional(incident.endedAt?.milliseconds), .optional(end)),
      ("closing_verdict", .optional(incident.closingVerdict), .optional(closing)),
    ]
    for (name, stored, replayed) in pairs {
      _ = report.compare(
        .incident, at: incident.decidedAt, name, stored: stored, replayed: replayed)
    }
  }
}
