import Quorum

/// A notice in one sentence, for somebody who was asleep a minute ago: what is the matter, where it
/// is seen from, and in the failure's own words why. No sentence has a full stop.
public enum AlertSentence {
  /// Region names that a sentence lists before it says how many more there are.
  private static let listedRegions = 6

  /// The whole sentence of a notice.
  public static func text(_ notice: AlertNotice) -> String {
    title(notice) + cause(notice)
  }

  /// What a message says above everything else: the sentence without the failure's own words.
  static func title(_ item: AlertItem) -> String {
    let notice = item.notice
    switch item.event {
    case .opened, .updated, .resolved: return title(notice)
    case .missed:
      return notice.kind == .steady ? title(notice) : "\(name(notice)) \(past(notice))"
    case .reminder: return "still: \(name(notice)) \(matter(notice))\(counts(notice))"
    case .acknowledged(let person):
      let who = person.map { SafeText.isolated(SafeText.line($0, limit: 60)) } ?? "somebody"
      return "\(who) has it in hand: \(name(notice)) \(matter(notice))"
    }
  }

  /// The sentence of one of many in a message.
  static func entry(_ item: AlertItem) -> String {
    title(item) + cause(item.notice)
  }

  private static func title(_ notice: AlertNotice) -> String {
    let name = name(notice)
    switch notice.kind {
    case .began: return "\(name) \(matter(notice))\(counts(notice))"
    case .worsened: return "more urgent now: \(name) \(matter(notice))\(counts(notice))"
    case .changed: return "\(name) now \(matter(notice))\(counts(notice))"
    case .ended: return "\(name) \(end(notice))"
    case .flapping:
      return "\(name) goes down again and again: no more of it until it is steady, "
        + "or stays as it is for five minutes"
    case .steady: return "\(name) is steady again"
    }
  }

  private static func name(_ notice: AlertNotice) -> String {
    SafeText.isolated(notice.monitorName)
  }

  /// `is down`, `is down in eu alone`.
  private static func matter(_ notice: AlertNotice) -> String {
    let regions = list(notice.failing)
    switch notice.verdict {
    case .down: return "is down"
    case .partial:
      return regions.isEmpty ? "is down in parts" : "is down in parts: \(regions) can't use it"
    case .regional:
      if let domain = notice.domain {
        return "can't be used from provider \(SafeText.isolated(domain))"
          + (regions.isEmpty ? "" : " (\(regions))")
      }
      return regions.isEmpty ? "is down in one region" : "is down in \(regions) alone"
    case .unknown: return "can't be judged: too few regions have a say"
    case .degraded: return "is slow"
    case .up: return "is up"
    }
  }

  private static func counts(_ notice: AlertNotice) -> String {
    guard notice.verdict == .down, let down = notice.down, let voting = notice.voting else {
      return ""
    }
    return ": \(down) of \(voting) regions fail"
  }

  /// The failure's own words, joined to a title that may have counts; nothing where something is over
  /// or nothing is known.
  private static func cause(_ notice: AlertNotice) -> String {
    switch notice.kind {
    case .ended, .flapping, .steady: return ""
    case .began, .worsened, .changed:
      guard notice.verdict != .unknown, let cause = notice.cause, !cause.isEmpty else { return "" }
      return (counts(notice).isEmpty ? ": " : ", ") + SafeText.isolated(cause)
    }
  }

  private static func end(_ notice: AlertNotice) -> String {
    if notice.ending == .withdrawn { return "is watched no more: it was paused or deleted" }
    if notice.goesOn { return "is worse than slow by now: its incident tells of the rest" }
    let words =
      switch notice.verdict {
      case .down: "is up again"
      case .partial, .regional: "is up everywhere again"
      case .unknown: "can be judged again"
      case .degraded: "is quick again"
      case .up: "is no longer up"
      }
    return words + (lasted(notice).map { " after \($0)" } ?? "")
  }

  /// `was down for 5 min, and is up again`.
  private static func past(_ notice: AlertNotice) -> String {
    let regions = list(notice.failing)
    let words =
      switch notice.verdict {
      case .down: "was down"
      case .partial: "was down in parts"
      case .regional: regions.isEmpty ? "was down in one region" : "was down in \(regions) alone"
      case .unknown: "could not be judged"
      case .degraded: "was slow"
      case .up: "was up"
      }
    let span = lasted(notice).map { " for \($0)" } ?? ""
    if notice.ending == .withdrawn { return "\(words)\(span), and is watched no more" }
    let now =
      switch notice.verdict {
      case .unknown: "can be judged again"
      case .degraded: "is quick again"
      case .partial, .regional: "is up everywhere again"
      case .down, .up: "is up again"
      }
    return "\(words)\(span), and \(now)"
  }

  private static func lasted(_ notice: AlertNotice) -> String? {
    notice.lastedMs(at: notice.at).map(DurationWords.text)
  }

  /// `eu, us and 3 more`.
  static func list(_ regions: [String]) -> String {
    let listed = regions.prefix(listedRegions).map(SafeText.isolated).joined(separator: ", ")
    let rest = regions.count - listedRegions
    return rest > 0 ? "\(listed) and \(rest) more" : listed
  }
}
