import Store

/// First loads of pages that are not kept: those under way, and for a moment those before.
struct PageFirstLoads: Sendable {
  private var coming: [String: FirstLoad] = [:]
  private var attempts: [String: Attempt] = [:]

  /// One under way. It may have to learn first which pages there are.
  struct FirstLoad: Hashable, Sendable {
    /// Since the load began: whose page it is, and the moment before.
    var begun: Begun?
    /// When something happened since.
    var changedAt: Int64?

    struct Begun: Hashable, Sendable {
      var organization: OrganizationID
      var at: Int64
    }
  }

  private struct Attempt {
    var beganAt: Int64
    var failedAt: Int64?
  }

  /// Whether somebody who asks for a page may wait for its first load, which begins where none is under
  /// way.
  mutating func ask(_ slug: String, now: Int64) -> Bool {
    if coming[slug] != nil { return true }
    if let failedAt = attempts[slug]?.failedAt, now - failedAt < PagePace.refusalMs { return false }
    guard coming.count < PagePace.mostFirstLoads else { return false }
    coming[slug] = FirstLoad()
    return true
  }

  /// Something that an organization shows may have changed; `nil`: anything may have.
  mutating func change(_ organization: OrganizationID?, now: Int64) {
    let slugs = coming.filter { _, load in
      guard let begun = load.begun, load.changedAt == nil else { return false }
      return organization == nil || begun.organization == organization
    }.map(\.key)
    for slug in slugs { coming[slug]?.changedAt = now }
  }

  /// When the page may be loaded: it may have been just now, and kept no longer.
  func loadableAt(_ slug: String) -> Int64 {
    (attempts[slug]?.beganAt ?? PageEntry.never) + PagePace.pauseMs
  }

  mutating func begin(_ slug: String, of organization: OrganizationID, now: Int64) {
    coming[slug] = FirstLoad(begun: .init(organization: organization, at: now))
  }

  mutating func end(_ slug: String) -> FirstLoad? {
    coming.removeValue(forKey: slug)
  }

  mutating func fail(_ slug: String, now: Int64) {
    guard let begun = coming.removeValue(forKey: slug)?.begun else { return }
    attempts[slug] = Attempt(beganAt: begun.at, failedAt: now)
  }

  /// A page that was last loaded then is kept no longer.
  mutating func drop(_ slug: String, triedAt: Int64) {
    attempts[slug] = Attempt(beganAt: triedAt)
  }

  /// Forgets what holds nobody back any more.
  mutating func forget(now: Int64) {
    attempts = attempts.filter { now - max($1.beganAt, $1.failedAt ?? 0) < PagePace.refusalMs }
  }
}
