/// One outage as two courses of the same time have it.
public struct ComparedOutage: Hashable, Sendable {
  /// `nil` where it was not found.
  public var logged: Course.Incident?
  public var tested: Course.Incident?

  /// How much later it was found when tested, ms; negative where sooner, `nil` where one of the two
  /// did not find it.
  public var laterMs: Int64? {
    guard let logged, let tested else { return nil }
    return tested.decidedAt &- logged.decidedAt
  }

  /// When it began, collector time (ms).
  var startedAt: Int64 { min(logged?.startedAt ?? .max, tested?.startedAt ?? .max) }

  /// The outages of two courses, those that overlap paired; times of not seeing are none.
  public static func compare(_ logged: Course, _ tested: Course) -> [ComparedOutage] {
    var left = tested.incidents.filter { $0.severity != .unknown }
    var outages: [ComparedOutage] = []
    for incident in logged.incidents where incident.severity != .unknown {
      let twin = left.firstIndex { $0.overlaps(incident) }
      outages.append(ComparedOutage(logged: incident, tested: twin.map { left.remove(at: $0) }))
    }
    outages += left.map { ComparedOutage(logged: nil, tested: $0) }
    return outages.sorted { $0.startedAt < $1.startedAt }
  }
}

extension Course {
  /// Whether it says what `other` says: the same incidents, found within two seconds of each other,
  /// and as many pages.
  public func agrees(with other: Course) -> Bool {
    pages.count == other.pages.count && incidents.count == other.incidents.count
      && zip(incidents, other.incidents).allSatisfy {
        $0.severity == $1.severity && abs($0.decidedAt &- $1.decidedAt) <= 2_000
          && ($0.endedAt == nil) == ($1.endedAt == nil)
      }
  }
}
