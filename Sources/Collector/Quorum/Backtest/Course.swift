/// What a series of steps came to: incidents and words to people.
public struct Course: Hashable, Sendable {
  /// One incident.
  public struct Incident: Hashable, Sendable {
    /// The worst that it was.
    public var severity: Severity
    /// The first failure, collector time (ms).
    public var startedAt: Int64
    /// When it was opened, collector time (ms).
    public var decidedAt: Int64
    /// `nil` while it is open.
    public var endedAt: Int64?
    /// When somebody was first woken by it; `nil` where nobody was.
    public var pagedAt: Int64?

    /// Whether it held at a time at which `other` did.
    func overlaps(_ other: Incident) -> Bool {
      startedAt < other.endedAt ?? .max && other.startedAt < endedAt ?? .max
    }
  }

  public private(set) var incidents: [Incident] = []
  /// When somebody was woken, and when a team was told, collector time (ms).
  public private(set) var pages: [Int64] = []
  public private(set) var notifications: [Int64] = []

  public init() {}

  /// Takes in what a step at `at` (collector time, ms) wanted done.
  public mutating func take(_ directives: [Directive], at: Int64) {
    for directive in directives {
      switch directive {
      case .openIncident(let severity, let startedAt):
        incidents.append(Incident(severity: severity, startedAt: startedAt, decidedAt: at))
      case .changeSeverity(let severity):
        guard let open = openIndex else { continue }
        if severity.isWorse(than: incidents[open].severity) { incidents[open].severity = severity }
      case .closeIncident(let endedAt, _):
        guard let open = openIndex else { continue }
        incidents[open].endedAt = max(endedAt, incidents[open].startedAt)
      case .tell(let notice): take(notice, at: at)
      case .askProbes, .recordVerdict, .markIncident, .forgetVote: continue
      }
    }
  }

  /// Only what was decided from `at` (collector time, ms) on.
  public func since(_ at: Int64) -> Course {
    var course = self
    course.incidents.removeAll { $0.decidedAt < at }
    course.pages.removeAll { $0 < at }
    course.notifications.removeAll { $0 < at }
    return course
  }

  /// Nothing is known of what follows: an incident that is open is told no further.
  public mutating func breakOff(at: Int64) {
    if let open = openIndex { incidents[open].endedAt = max(at, incidents[open].startedAt) }
  }

  private var openIndex: Int? {
    guard let last = incidents.last, last.endedAt == nil else { return nil }
    return incidents.count - 1
  }

  private mutating func take(_ notice: Notice, at: Int64) {
    switch notice.kind {
    case .ended, .steady: return
    case .began, .worsened, .changed, .flapping: break
    }
    switch notice.urgency {
    case .page:
      pages.append(at)
      if let open = openIndex, incidents[open].pagedAt == nil { incidents[open].pagedAt = at }
    case .notify: notifications.append(at)
    case .none, .admins: return
    }
  }
}

extension Severity {
  fileprivate func isWorse(than other: Severity) -> Bool { rank > other.rank }

  private var rank: Int {
    switch self {
    case .unknown: 0
    case .regional: 1
    case .partial: 2
    case .down: 3
    }
  }
}
