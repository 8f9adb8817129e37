/// Finds what several incidents have in common, so that people hear of one thing once.
///
/// A pure function of the incidents that are open in one organization. It looks at one opening at a
/// time, in the order in which they were decided; what it answers is to be stored with the openings,
/// which the next look is given.
public enum SharedCause {
  /// So many monitors that go down within `windowMs` share a cause.
  public static let many = 5
  /// Milliseconds.
  public static let windowMs: Int64 = 30_000
  /// A child that went down so long before its parent went down because of it, ms: the parent may be
  /// probed an interval later, and confirmed later.
  public static let parentWindowMs: Int64 = 120_000
  /// How far up declared parents are followed.
  static let depth = 16

  /// What becomes of an opening.
  public enum Grouping: Hashable, Sendable, Codable {
    /// An incident of its own.
    case alone
    /// It belongs to an incident that is open.
    case joins(Opening.Membership)
    /// These monitors, sorted, belong to one incident from now on, `lead`'s among them.
    case gathers(Opening.Membership, monitors: [Int64])
  }

  /// Where `news` belongs.
  ///
  /// - Parameter open: the other open incidents of the organization, in any order, with what was
  ///   answered for them before.
  public static func grouping(of news: Opening, among open: [Opening]) -> Grouping {
    let others = open.filter { $0.monitor != news.monitor }
    switch news.severity {
    case .unknown: return news.isBlind ? blind(news, others) : .alone
    case .down: return family(of: news, others) ?? atOnce(news, others)
    case .partial, .regional: return .alone
    }
  }

  /// All that is blind is one, however far apart it came to be.
  private static func blind(_ news: Opening, _ others: [Opening]) -> Grouping {
    let blind = others.filter { $0.severity == .unknown && $0.isBlind }
    if let membership = blind.lazy.compactMap(\.membership).first { return .joins(membership) }
    return blind.isEmpty ? .alone : gathered(blind + [news], .blind)
  }

  /// It folds into the incident of the highest of its declared parents that is down without a gap,
  /// and with it fold its children that went down a little before.
  private static func family(of news: Opening, _ others: [Opening]) -> Grouping? {
    let top = topParent(of: news, others)
    let above = top.map { parent in
      parent.membership ?? Opening.Membership(lead: parent.monitor, cause: .parent)
    }
    let children = others.filter { child in
      child.parent == news.monitor && child.severity == .down
        && child.membership?.lead ?? child.monitor == child.monitor
        && isWithin(parentWindowMs, child, before: news) && child.monitor != top?.monitor
    }
    guard !children.isEmpty else { return above.map { .joins($0) } }
    let leads = Set(children.map(\.monitor))
    let led = others.filter { other in
      !leads.contains(other.monitor) && other.monitor != above?.lead
        && other.membership.map { leads.contains($0.lead) } ?? false
    }
    return .gathers(
      above ?? Opening.Membership(lead: news.monitor, cause: .parent),
      monitors: (children + led + [news]).map(\.monitor).sorted())
  }

  private static func topParent(of news: Opening, _ others: [Opening]) -> Opening? {
    var top: Opening?
    var next = news.parent
    for _ in 0..<depth {
      guard let monitor = next, monitor != news.monitor,
        let parent = others.first(where: { $0.monitor == monitor && $0.severity == .down })
      else { break }
      top = parent
      next = parent.parent
    }
    return top
  }

  private static func atOnce(_ news: Opening, _ others: [Opening]) -> Grouping {
    let near = others.filter { $0.severity == .down && isWithin(windowMs, $0, before: news) }
    if let membership = near.lazy.compactMap(\.membership).first(where: { $0.cause == .many }) {
      return .joins(membership)
    }
    // Those who belong to a parent's incident have their explanation.
    let unexplained = near.filter { $0.membership == nil }
    guard unexplained.count + 1 >= many else { return .alone }
    return gathered(unexplained + [news], .many)
  }

  private static func isWithin(_ ms: Int64, _ other: Opening, before news: Opening) -> Bool {
    let (distance, overflow) = news.decidedAt.subtractingReportingOverflow(other.decidedAt)
    return !overflow && (-ms...ms).contains(distance)
  }

  /// One incident, led by who was first.
  private static func gathered(_ openings: [Opening], _ cause: Opening.Cause) -> Grouping {
    let first = openings.min { ($0.decidedAt, $0.monitor) < ($1.decidedAt, $1.monitor) }
    guard let first else { return .alone }
    return .gathers(
      Opening.Membership(lead: first.monitor, cause: cause),
      monitors: openings.map(\.monitor).sorted())
  }
}
