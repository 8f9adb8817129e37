import JSON
import Model
import Postgres
import Quorum
import Store

/// The API's form of a backtest: the figures side by side, every outage, and what to make of them.
struct BacktestDocument {
  let report: BacktestReport
  let policy: Policy
  let monitor: MonitorRecord

  var json: JSONValue {
    [
      "monitor": .string(monitor.id.description), "policy": PolicyDocument.json(policy),
      "present_policy": PolicyDocument.json(monitor.policy),
      "since": .string(report.since.description), "until": .string(report.until.description),
      "covered_from": .optional(report.coveredFrom?.description),
      "covered_to": .optional(report.coveredTo?.description), "summary": .string(summary),
      "logged": figures(report.logged), "tested": figures(report.tested),
      "control": .object(control), "outages": .array(report.outages.map(outage)),
      "steps": .integer(Int64(report.steps)), "steps_assumed": .integer(Int64(report.stepsAssumed)),
      "questions": [
        "asked": .integer(Int64(report.questions.asked)),
        "logged": .integer(Int64(report.questions.logged)),
        "assumed": .integer(Int64(report.questions.assumed)),
      ],
      "engine": .integer(Int64(report.engine)),
      "logged_engines": .array(report.loggedEngines.map { .integer(Int64($0)) }),
      "cut": .optional(report.cut?.rawValue), "limits": .strings(limits),
    ]
  }

  private var control: JSONObject {
    var object = JSONObject()
    if case .object(let members) = figures(report.control) { object = members }
    object["agrees"] = .bool(report.control.agrees(with: report.logged))
    return object
  }

  private func figures(_ course: Course) -> JSONValue {
    func count(_ severity: Severity) -> JSONValue {
      .integer(Int64(course.incidents.count { $0.severity == severity }))
    }
    return [
      "pages": .integer(Int64(course.pages.count)),
      "notifications": .integer(Int64(course.notifications.count)), "down": count(.down),
      "partial": count(.partial), "regional": count(.regional), "unknown": count(.unknown),
    ]
  }

  private func outage(_ outage: ComparedOutage) -> JSONValue {
    [
      "logged": outage.logged.map(incident) ?? .null,
      "tested": outage.tested.map(incident) ?? .null, "later_ms": .optional(outage.laterMs),
    ]
  }

  private func incident(_ incident: Course.Incident) -> JSONValue {
    [
      "severity": .string(incident.severity.rawValue), "started_at": time(incident.startedAt),
      "decided_at": time(incident.decidedAt),
      "ended_at": incident.endedAt.map(time) ?? .null,
      "paged_at": incident.pagedAt.map(time) ?? .null,
    ]
  }

  private func time(_ milliseconds: Int64) -> JSONValue {
    BallotDocument.time(.integer(milliseconds))
  }

  /// `3 pages instead of 11; 8 outages of 11 found, 3 not at all, 0 more`.
  private var summary: String {
    let (after, before) = (report.tested.pages.count, report.logged.pages.count)
    let known = report.outages.filter { $0.logged != nil }
    let missed = known.count { $0.tested == nil }
    let more = report.outages.count - known.count
    var text = "\(after) page\(after == 1 ? "" : "s") instead of \(before)"
    text += "; \(known.count - missed) of \(known.count) logged outages found"
    if missed > 0 { text += ", \(missed) not at all" }
    if more > 0 { text += ", \(more) more that \(more == 1 ? "was" : "were") none before" }
    return text
  }

  /// What the answer does not say.
  private var limits: [String] {
    var limits: [String] = []
    guard report.steps > 0 else {
      return ["No step of this time is logged from where one could begin: nothing was tested."]
    }
    if let from = report.coveredFrom, from > report.since {
      limits.append(
        "The log that could be used begins at \(from): what was before was not logged, was deleted, "
          + "or began in the middle of a doubt.")
    }
    switch report.cut {
    case .steps: limits.append("\(cutText), since one backtest takes only so many steps.")
    case .time: limits.append("\(cutText), since one backtest may take only so long.")
    case nil: break
    }
    if report.questions.asked > 0 {
      limits.append(
        "\(report.questions.assumed) of \(report.questions.asked) questions that this policy would "
          + "have asked were never put: they were answered by what their regions were known to hold. "
          + "So a fault that this policy would have noticed before the logged one may be found later "
          + "here than it would have been.")
    }
    if report.gaps > 0 {
      limits.append("Logged steps are missing at \(report.gaps) places: it went on behind them.")
    }
    if report.unreadable > 0 {
      limits.append(
        "\(report.unreadable) logged steps can't be read by this release and were left out.")
    }
    let others = report.loggedEngines.filter { $0 != report.engine }
    if !others.isEmpty {
      limits.append(
        "Steps taken by rules of version \(others.map(String.init).joined(separator: ", ")) were "
          + "taken again by version \(report.engine): what differs may be the rules.")
    }
    if !report.control.agrees(with: report.logged) {
      limits.append(
        "The logged policy, tested in the same way, does not give what is logged: take differences of "
          + "this size for noise.")
    }
    return limits
  }

  private var cutText: String {
    "It ends at \(report.coveredTo?.description ?? "its beginning")"
  }
}
