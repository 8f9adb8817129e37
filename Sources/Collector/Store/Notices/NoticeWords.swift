public import Alerts
import Model
import Postgres
import Quorum

/// A notice in one sentence.
public enum NoticeWords {
  /// The sentence, without a full stop: see `AlertSentence`.
  public static func text(_ notice: NoticeQueries.Record) -> String {
    AlertNotice(notice).map(AlertSentence.text)
      ?? "\(notice.body.monitorName): \(notice.kind) \(notice.verdict)"
  }
}

extension AlertNotice {
  /// What people are told of, as far as a stored notice knows it; `nil` for words of a newer schema.
  ///
  /// - Parameters:
  ///   - failing, passing: the regions that fail and that don't, where more is known than the notice
  ///     holds.
  ///   - lastGoodAt: when the monitor last was seen to work, milliseconds since 1970.
  ///   - link: where more is to be read.
  public init?(
    _ record: NoticeQueries.Record, failing: [String]? = nil, passing: [String] = [],
    lastGoodAt: Int64? = nil, link: String? = nil
  ) {
    guard let kind = Notice.Kind(rawValue: record.kind),
      let urgency = Urgency(rawValue: record.urgency),
      let verdict = Verdict(rawValue: record.verdict)
    else { return nil }
    let body = record.body
    let key =
      switch kind {
      case .flapping, .steady: IncidentKey(flapping: record.monitor)
      case .began, .worsened, .changed, .ended:
        record.incident.map { IncidentKey(incident: $0) } ?? IncidentKey(monitor: record.monitor)
      }
    self.init(
      number: record.number, kind: kind, urgency: urgency, verdict: verdict, key: key,
      incidentID: record.incident?.description, monitor: record.monitor,
      monitorName: body.monitorName, target: body.target, domain: record.domain,
      at: record.at.milliseconds, decidedAt: record.createdAt.milliseconds, since: body.since,
      ending: body.ending.flatMap(CloseReason.init), failing: failing ?? body.regions,
      passing: passing,
      voting: body.voting, down: body.down, cause: body.cause, lastGoodAt: lastGoodAt, link: link)
  }
}
