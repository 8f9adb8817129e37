import Logging
import Postgres
import Quorum
import Store
import Synchronization

/// What the deciding threads have to say, as log lines; trouble that lasts is told once a minute.
final class DecisionLog: Sendable {
  private let logger: Logger
  private let lastTrouble = Mutex<ContinuousClock.Instant?>(nil)

  init(_ logger: Logger) {
    self.logger = logger
  }

  func take(_ notice: DecisionLoop.Notice) {
    switch notice {
    case .stepped(let report):
      for directive in report.directives { tell(directive, of: report.monitorKey) }
      tell(report.trust)
    case .putAside(let error):
      logger.error("\(error)", metadata: ["monitor_key": "\(error.monitorKey)"])
    case .trouble(let error): tell(error)
    }
  }

  func take(_ notice: ReconcileLoop.Notice) {
    switch notice {
    case .changed(let report):
      if report.isClockBack {
        logger.warning("the database's clock was set back; what was due later is looked at now")
      }
      if report.edges.isEmpty, report.reassigned.isEmpty { return }
      logger.info(
        "assignment changed",
        metadata: [
          "edges": "\(report.edges.count)", "reassigned_agents": "\(report.reassigned.count)",
        ])
    case .trust(let news): tell(news)
    case .trouble(let error): tell(error)
    }
  }

  func take(_ notice: MaintenanceLoop.Notice) {
    switch notice {
    case .changed(let report):
      logger.info(
        "maintenance",
        metadata: ["began": "\(report.began)", "ended": "\(report.ended)"])
    case .trouble(let error): tell(error)
    }
  }

  func take(_ notice: RollupLoop.Notice) {
    switch notice {
    case .kept(let report):
      if report.unreadable > 0 {
        logger.error(
          "results are missing from rollups: what they add could not be read",
          metadata: ["rows": "\(report.unreadable)"])
      }
      logger.debug(
        "rollups",
        metadata: ["results": "\(report.results)", "closings": "\(report.closings)"])
    case .trouble(let error): tell(error)
    }
  }

  private func tell(_ news: [TrustNews]) {
    for one in news {
      logger.log(
        level: one.isTrusted ? .notice : .warning, "\(one.sentence)",
        metadata: ["agent_key": "\(one.agentKey)", "reason": "\(one.reason)"])
    }
  }

  private func tell(_ directive: Directive, of monitor: Int64) {
    let key: Logger.MetadataValue = "\(monitor)"
    switch directive {
    case .recordVerdict(let record):
      logger.info(
        "verdict", metadata: ["monitor_key": key, "verdict": "\(record.verdict.rawValue)"])
    case .openIncident(let severity, _):
      logger.notice(
        "incident opened", metadata: ["monitor_key": key, "severity": "\(severity.rawValue)"])
    case .changeSeverity(let severity):
      logger.notice(
        "incident changed", metadata: ["monitor_key": key, "severity": "\(severity.rawValue)"])
    case .closeIncident(_, let reason):
      logger.notice(
        "incident closed", metadata: ["monitor_key": key, "reason": "\(reason.rawValue)"])
    case .tell(let notice):
      logger.info(
        "notice",
        metadata: [
          "monitor_key": key, "kind": "\(notice.kind.rawValue)",
          "urgency": "\(notice.urgency.rawValue)", "verdict": "\(notice.verdict.rawValue)",
        ])
    case .askProbes, .forgetVote, .markIncident: break
    }
  }

  private func tell(_ error: PostgresError) {
    let now = ContinuousClock.now
    let isNews = lastTrouble.withLock { last in
      if let last, last.duration(to: now) < .seconds(60) { return false }
      last = now
      return true
    }
    if isNews { logger.warning("decisions wait for the database: \(error)") }
  }
}
