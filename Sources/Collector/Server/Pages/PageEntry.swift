import Pages
import Store

/// What is known of one page that is kept. Times are milliseconds of the book's clock, and given.
struct PageEntry: Sendable {
  private(set) var kept: KeptPage
  let organization: OrganizationID
  /// The response times that it shows.
  private(set) var responses: LoadedPage.Responses
  /// The moment before the load that gave it began.
  private(set) var loadedAt: Int64
  /// When the last load began, whatever came of it.
  private(set) var triedAt: Int64
  /// Whether it came to nothing.
  private(set) var hasFailed = false
  private(set) var askedAt: Int64
  /// Since when something has happened that neither the page nor the load under way knows.
  private(set) var changedAt: Int64?
  private(set) var load: Load?
  /// Since when somebody waits for a newer one whose load has not begun.
  private var awaitedSince: Int64?

  /// A load under way.
  struct Load: Hashable, Sendable {
    var number: Int
    var beganAt: Int64
    /// What the page did not show when it began.
    var changedAt: Int64?
  }

  /// So long ago that it is old.
  static let never = Int64.min / 2

  /// One that was loaded for the first time.
  ///
  /// - Parameters:
  ///   - beganAt: the moment before the load.
  ///   - changedAt: when something happened since.
  init(
    _ loaded: LoadedPage, of organization: OrganizationID, beganAt: Int64, changedAt: Int64?,
    now: Int64
  ) {
    kept = loaded.kept
    self.organization = organization
    responses = loaded.responses
    loadedAt = beganAt
    triedAt = beganAt
    askedAt = now
    self.changedAt = changedAt
  }

  /// One from the shelf, in place of one that could not be loaded.
  init(shelved: KeptPage, of organization: OrganizationID, now: Int64) {
    kept = shelved
    self.organization = organization
    responses = .init(times: [:], readAt: Self.never)
    loadedAt = Self.never
    triedAt = now
    hasFailed = true
    askedAt = now
    changedAt = now
  }

  // MARK: What is to be done

  /// When it may be loaded again.
  var loadableAt: Int64 { triedAt + (hasFailed ? PagePace.retryMs : PagePace.pauseMs) }

  /// Whether it should be loaded again, as soon as that may be.
  func wantsLoad(_ now: Int64) -> Bool {
    load == nil && isAskedFor(now)
      && (changedAt != nil || now - loadedAt >= PagePace.freshMs)
  }

  private func isAskedFor(_ now: Int64) -> Bool { now - askedAt < PagePace.idleMs }

  /// Whether a newer one should be waited for.
  private func isOld(_ now: Int64) -> Bool {
    if now - loadedAt > PagePace.oldMs { return true }
    guard let since = load?.changedAt ?? changedAt else { return false }
    return now - since > PagePace.changeMs || !isAskedFor(now)
  }

  // MARK: What happens

  /// Somebody asks for it. Until when they should wait for a newer; `nil`: they need not.
  ///
  /// They are shown the old one where a newer was waited for already, or can't be had.
  mutating func ask(_ now: Int64) -> Int64? {
    let isOld = isOld(now)
    askedAt = max(askedAt, now)
    // What failed so long ago says nothing of a load now.
    if now - triedAt >= 2 * PagePace.retryMs { hasFailed = false }
    guard isOld, !hasFailed else { return nil }
    let since = load?.beganAt ?? awaitedSince ?? now
    if load == nil { awaitedSince = since }
    return now - since < PagePace.patienceMs ? since + PagePace.patienceMs : nil
  }

  /// Something that it shows may have changed.
  mutating func change(_ now: Int64) {
    if changedAt == nil { changedAt = now }
  }

  mutating func begin(_ number: Int, now: Int64) {
    load = Load(number: number, beganAt: now, changedAt: changedAt)
    changedAt = nil
    triedAt = now
    awaitedSince = nil
  }

  /// The load under way gave this.
  mutating func end(_ loaded: LoadedPage) {
    guard let load else { return }
    kept = loaded.kept
    responses = loaded.responses
    loadedAt = load.beganAt
    hasFailed = false
    self.load = nil
  }

  /// The load under way came to nothing: what it should have shown is still to be shown.
  mutating func fail() {
    guard let load else { return }
    changedAt = load.changedAt ?? changedAt ?? load.beganAt
    hasFailed = true
    self.load = nil
  }

  /// What made loads fail may be over.
  mutating func forgive() {
    hasFailed = false
  }
}
