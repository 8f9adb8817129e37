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
    /// `nil`: nothing was loaded, for nobody knew which pages there are.
    var beganAt: Int64?
    var failedAt: Int64?

    var lastAt: Int64 { max(beganAt ?? PageEntry.never, failedAt ?? PageEntry.never) }
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
    guard let load = coming.removeValue(forKey: slug) else { return }
    let beganAt = load.begun?.at ?? attempts[slug]?.beganAt
    note(Attempt(beganAt: beganAt, failedAt: now), slug)
  }

  /// A page that was last loaded then is kept no longer.
  mutating func drop(_ slug: String, triedAt: Int64) {
    note(Attempt(beganAt: triedAt), slug)
  }

  /// Anybody may ask for any name: where there are too many attempts, the oldest quarter goes.
  private mutating func note(_ attempt: Attempt, _ slug: String) {
    attempts[slug] = attempt
    guard attempts.count > PagePace.mostAttempts else { return }
    let oldest = attempts.sorted { $0.value.lastAt < $1.value.lastAt }
    for (slug, _) in oldest.prefix(PagePace.mostAttempts / 4) { attempts[slug] = nil }
  }

  /// Attempts that are remembered.
  var attemptCount: Int { attempts.count }

  /// Forgets what holds nobody back any more.
  mutating func forget(now: Int64) {
    attempts = attempts.filter { now - $1.lastAt < PagePace.refusalMs }
  }
}
