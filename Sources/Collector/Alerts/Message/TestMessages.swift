public import Model
import Quorum

/// What is sent to try a channel: an outage that never was, and its end, under one key.
public enum TestMessages {
  /// How long the outage is said to have lasted.
  static let lastedMs: Int64 = 5 * 60_000

  /// The two messages, in order; both say that they are a test.
  ///
  /// - Parameters:
  ///   - id: names the outage; to be drawn anew for each test.
  ///   - link: where the channel is to be seen.
  public static func pair(
    id: DeliveryID, link: String?, now: Int64
  ) -> (down: AlertMessage, recovery: AlertMessage) {
    let key = IncidentKey(incident: id)
    let (began, underflow) = now.subtractingReportingOverflow(lastedMs)
    let since = underflow ? now : began
    func notice(over: Bool) -> AlertNotice {
      AlertNotice(
        number: over ? 2 : 1, kind: over ? .ended : .began, urgency: .page, verdict: .down,
        key: key,
        incidentID: id.description, monitor: .zero, monitorName: "Example",
        target: "https://www.example.com/", at: over ? now : since, decidedAt: now, since: since,
        ending: over ? .recovered : nil, failing: ["one", "two"], passing: ["three"], voting: 3,
        down: 2, cause: "the connection was refused", lastGoodAt: since, link: link)
    }
    return (
      AlertMessage(AlertItem(notice(over: false)), now: now).asTest(),
      AlertMessage(AlertItem(notice(over: true)), now: now).asTest()
    )
  }
}
