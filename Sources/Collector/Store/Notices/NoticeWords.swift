import Postgres

/// A notice in one sentence, for somebody who was asleep a minute ago: what is the matter, where it
/// is seen from, and in the failure's own words why.
public enum NoticeWords {
  /// The sentence, without a full stop.
  public static func text(_ notice: NoticeQueries.Record) -> String {
    let name = notice.body.monitorName
    switch notice.kind {
    case "began": return "\(name) \(matter(notice))" + reason(notice)
    case "worsened": return "more urgent now: \(name) \(matter(notice))" + reason(notice)
    case "changed": return "\(name) now \(matter(notice))" + reason(notice)
    case "ended": return "\(name) \(end(notice))"
    case "flapping":
      return "\(name) goes down again and again: no more of it until it is steady, "
        + "or stays as it is for five minutes"
    case "steady": return "\(name) is steady again"
    default: return "\(name): \(notice.kind) \(notice.verdict)"
    }
  }

  /// `is down`, `is not reached from eu alone`.
  private static func matter(_ notice: NoticeQueries.Record) -> String {
    let regions = notice.body.regions.joined(separator: ", ")
    switch notice.verdict {
    case "down": return "is down"
    case "partial":
      return regions.isEmpty ? "is down in parts" : "is down in parts: \(regions) can't use it"
    case "regional":
      if let domain = notice.domain { return "can't be used from provider \(domain) (\(regions))" }
      return regions.isEmpty ? "is down in one region" : "is down in \(regions) alone"
    case "unknown": return "can't be judged: too few regions have a say"
    case "degraded": return "is slow"
    default: return "is \(notice.verdict)"
    }
  }

  private static func reason(_ notice: NoticeQueries.Record) -> String {
    var words: [String] = []
    if notice.verdict == "down", let down = notice.body.down, let voting = notice.body.voting {
      words.append("\(down) of \(voting) regions fail")
    }
    if notice.verdict != "unknown", let cause = notice.body.cause { words.append(cause) }
    return words.isEmpty ? "" : ": " + words.joined(separator: ", ")
  }

  private static func end(_ notice: NoticeQueries.Record) -> String {
    if notice.body.ending == "withdrawn" { return "is watched no more: it was paused or deleted" }
    let words =
      switch notice.verdict {
      case "down": "is up again"
      case "partial", "regional": "is up everywhere again"
      case "unknown": "can be judged again"
      case "degraded": "is quick again"
      default: "is no longer \(notice.verdict)"
      }
    return words + duration(notice)
  }

  /// ` after 5 min`.
  private static func duration(_ notice: NoticeQueries.Record) -> String {
    guard let since = notice.body.since else { return "" }
    let seconds = max(0, notice.at.milliseconds - since) / 1_000
    return switch seconds {
    case ..<120: " after \(seconds) s"
    case ..<7_200: " after \(seconds / 60) min"
    default: " after \(seconds / 3_600) h"
    }
  }
}
