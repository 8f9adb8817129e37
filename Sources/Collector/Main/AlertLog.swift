import Alerts
import Logging
import Postgres
import Sending
import Store
import Synchronization

/// What the sending threads have to say, as log lines; trouble that lasts is told once a minute.
final class AlertLog: Sendable {
  private let logger: Logger
  private let lastTrouble = Mutex<ContinuousClock.Instant?>(nil)

  init(_ logger: Logger) {
    self.logger = logger
  }

  func take(_ notice: SendingNotice) {
    switch notice {
    case .sent(let channel, let kind, let delivery, let outcome):
      let place: Logger.Metadata = [
        "channel": "\(channel)", "kind": "\(kind)", "delivery": "\(delivery)",
      ]
      switch outcome {
      case .delivered: logger.info("alert sent", metadata: place)
      case .deliveredInPart(let words):
        logger.warning(
          "an alert was not taken for all", metadata: place.merging(["reason": "\(words)"]) { $1 })
      case .refused(let words, _):
        logger.warning(
          "alert refused", metadata: place.merging(["answer": "\(words)"]) { $1 })
      case .retry(let words, _):
        logger.notice(
          "alert waits for another attempt",
          metadata: place.merging(["answer": "\(words)"]) { $1 })
      case .changed(let setting, _):
        logger.notice(
          "a receiver changed a setting of its channel",
          metadata: place.merging(["setting": "\(setting)"]) { $1 })
      }
    case .lost(let channel):
      logger.notice("another has the channel by now", metadata: ["channel": "\(channel)"])
    case .unusable(let channel, let reason):
      logger.error(
        "a channel's settings can't be used: its alerts wait",
        metadata: ["channel": "\(channel)", "reason": "\(reason)"])
    case .trouble(let error): tell(error)
    case .unable(let error):
      logger.error("a thread can send no alerts", metadata: ["error": "\(error)"])
    }
  }

  private func tell(_ error: PostgresError) {
    let now = ContinuousClock.now
    let isNews = lastTrouble.withLock { last in
      if let last, last.duration(to: now) < .seconds(60) { return false }
      last = now
      return true
    }
    if isNews { logger.warning("alerts wait for the database: \(error)") }
  }
}
