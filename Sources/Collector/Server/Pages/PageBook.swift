import Logging
import Pages
import Postgres
import Store
import Synchronization

/// The pages that are kept in memory, and when each is made anew.
final class PageBook: Sendable {
  /// Where pages come from.
  struct Source: Sendable {
    /// The published pages by their place in the address.
    var slugs: @Sendable () async throws -> [String: OrganizationID]
    /// An organization's page as it is now; the response times of the load before, where they are
    /// still good.
    var load: @Sendable (OrganizationID, [String: ResponseTimes]) async throws -> StatusPage?
    /// The response times of an organization's components.
    var responses: @Sendable (OrganizationID) async throws -> [String: ResponseTimes]
  }

  /// One page that is kept.
  private struct Entry {
    var kept: KeptPage
    var organization: OrganizationID?
    var responses: [String: ResponseTimes] = [:]
    var responsesAt = Int64.min / 2
    /// When it was loaded, and when that was last tried; milliseconds of the book's clock.
    var loadedAt: Int64
    var triedAt: Int64
    var askedAt: Int64
    /// Something happened since the load that is under way, or since the last.
    var isDirty = false
    var isLoading = false
  }

  private struct State {
    /// `nil` until they were read.
    var slugs: [String: OrganizationID]?
    var entries: [String: Entry] = [:]
    var first: [String: Task<KeptPage?, Never>] = [:]
    var slugsAreDirty = true
  }

  /// Between two loads of a page that changes all the time.
  private static let pauseMs: Int64 = 500
  /// Bars and uptimes move with the clock.
  private static let freshMs: Int64 = 60_000
  private static let responsesFreshMs: Int64 = 300_000
  /// A page that nobody asked for so long is made anew when somebody does.
  private static let idleMs: Int64 = 600_000
  /// Whoever asks for one that is old waits so long for a newer.
  private static let patienceMs: Int64 = 1_000
  /// After a load that failed.
  private static let retryMs: Int64 = 5_000
  static let mostBytes = 96 << 20

  private let state = Mutex(State())
  private let source: Source
  private let shelf: PageShelf?
  private let log: Logger
  private let start = ContinuousClock().now

  init(_ source: Source, shelf: PageShelf?, log: Logger) {
    self.source = source
    self.shelf = shelf
    self.log = log
  }

  private var nowMs: Int64 {
    let passed = ContinuousClock().now - start
    return passed.components.seconds * 1000 + passed.components.attoseconds / 1_000_000_000_000_000
  }

  // MARK: Asking

  /// The page of this slug, as it was loaded last; `nil` where there is none.
  func page(_ slug: String) async -> KeptPage? {
    let now = nowMs
    enum Found {
      case kept(KeptPage)
      case old(KeptPage)
      case coming(Task<KeptPage?, Never>)
      case none
    }
    let found: Found = state.withLock { state in
      if var entry = state.entries[slug] {
        entry.askedAt = now
        state.entries[slug] = entry
        let isOld = now - entry.loadedAt > Self.freshMs + Self.freshMs / 2
        return isOld && now - entry.triedAt > Self.retryMs ? .old(entry.kept) : .kept(entry.kept)
      }
      if let slugs = state.slugs, slugs[slug] == nil { return .none }
      if let coming = state.first[slug] { return .coming(coming) }
      guard PageShelf.isSlug(slug), state.first.count < 256 else { return .none }
      let organization = state.slugs?[slug]
      let task = Task { await self.firstLoad(slug, organization) }
      state.first[slug] = task
      return .coming(task)
    }
    switch found {
    case .kept(let kept): return kept
    case .none: return nil
    case .coming(let task): return await task.value
    case .old(let old):
      begin(slug)
      return await newer(slug, than: old)
    }
  }

  /// Waits a moment for a load that is under way.
  private func newer(_ slug: String, than old: KeptPage) async -> KeptPage? {
    let end = nowMs + Self.patienceMs
    while nowMs < end {
      let (kept, isLoading) = state.withLock { state in
        (state.entries[slug]?.kept, state.entries[slug]?.isLoading ?? false)
      }
      guard let kept else { return nil }
      if kept !== old || !isLoading { return kept }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return old
  }

  private func firstLoad(_ slug: String, _ organization: OrganizationID?) async -> KeptPage? {
    var organization = organization
    if organization == nil {
      // Which pages there are was not read yet.
      await readSlugs()
      organization = state.withLock { $0.slugs?[slug] }
    }
    var page: StatusPage?
    var responses: [String: ResponseTimes] = [:]
    var isFresh = false
    if let organization {
      do {
        responses = try await source.responses(organization)
        page = try await source.load(organization, responses)
        isFresh = true
      } catch {
        tell(error, slug)
      }
    }
    if page == nil, !isFresh, state.withLock({ $0.slugs == nil || organization != nil }) {
      page = shelf?.page(slug)
    }
    let kept = page.map { KeptPage($0) }
    let now = nowMs
    let loadedAt = isFresh ? now : .min / 2
    state.withLock { state in
      state.first[slug] = nil
      guard let kept else { return }
      // Where it was taken down meanwhile, nobody is shown it.
      if let slugs = state.slugs, slugs[slug] == nil { return }
      state.entries[slug] = Entry(
        kept: kept, organization: organization, responses: responses,
        responsesAt: isFresh ? now : .min / 2, loadedAt: loadedAt, triedAt: now, askedAt: now)
      Self.evict(&state)
    }
    if isFresh, let page { keep(page, slug) }
    return kept
  }

  /// Those that nobody asked for longest go, until the rest has room.
  private static func evict(_ state: inout State) {
    var total = state.entries.values.reduce(0) { $0 + $1.kept.byteCount }
    guard total > mostBytes else { return }
    for (slug, entry) in state.entries.sorted(by: { $0.value.askedAt < $1.value.askedAt }) {
      guard total > mostBytes, state.entries.count > 1 else { return }
      total -= entry.kept.byteCount
      state.entries[slug] = nil
    }
  }

  // MARK: Changes

  /// Something that an organization shows may have changed.
  func changed(_ organization: OrganizationID) {
    let slugs = state.withLock { state -> [String] in
      state.slugsAreDirty = true
      return state.entries.filter { $0.value.organization == organization }.map(\.key)
    }
    for slug in slugs { begin(slug, isDirty: true) }
  }

  /// Anything may have changed.
  func allChanged() {
    let slugs = state.withLock { state -> [String] in
      state.slugsAreDirty = true
      return Array(state.entries.keys)
    }
    for slug in slugs { begin(slug, isDirty: true) }
  }

  /// To be called about every second: reads which pages there are where that may have changed, and loads
  /// again what has grown old and is asked for.
  func turn(isMinute: Bool) async {
    let now = nowMs
    if isMinute || state.withLock({ $0.slugsAreDirty || $0.slugs == nil }) { await readSlugs() }
    let old = state.withLock { state in
      Self.evict(&state)
      return state.entries.filter { _, entry in
        now - entry.loadedAt >= Self.freshMs && now - entry.askedAt < Self.idleMs
          && now - entry.triedAt >= Self.retryMs
      }.map(\.key)
    }
    for slug in old { begin(slug) }
  }

  private func readSlugs() async {
    state.withLock { $0.slugsAreDirty = false }
    do {
      let slugs = try await source.slugs()
      let gone = state.withLock { state -> [String] in
        state.slugs = slugs
        let gone = state.entries.filter { slugs[$0.key] == nil }.map(\.key)
        for slug in gone { state.entries[slug] = nil }
        for (slug, organization) in slugs
        where state.entries[slug] != nil && state.entries[slug]?.organization != organization {
          state.entries[slug] = nil
        }
        return gone
      }
      for slug in (shelf?.slugs ?? []).subtracting(slugs.keys).union(gone) { shelf?.remove(slug) }
    } catch {
      state.withLock { $0.slugsAreDirty = true }
    }
  }

  /// Loads a page again, unless that is under way.
  private func begin(_ slug: String, isDirty: Bool = false) {
    let isMine = state.withLock { state -> Bool in
      guard var entry = state.entries[slug], entry.organization != nil else { return false }
      if isDirty { entry.isDirty = true }
      let isMine = !entry.isLoading
      entry.isLoading = true
      state.entries[slug] = entry
      return isMine
    }
    guard isMine else { return }
    Task { await self.reload(slug) }
  }

  private func reload(_ slug: String) async {
    while true {
      let now = nowMs
      let entry = state.withLock { state -> Entry? in
        state.entries[slug]?.isDirty = false
        state.entries[slug]?.triedAt = now
        return state.entries[slug]
      }
      guard let entry, let organization = entry.organization else { return }
      do {
        var responses = entry.responses
        let isOld = now - entry.responsesAt >= Self.responsesFreshMs
        if isOld { responses = try await source.responses(organization) }
        let page = try await source.load(organization, responses)
        let isAgain = state.withLock { state -> Bool in
          guard var entry = state.entries[slug] else { return false }
          guard let page else {
            state.entries[slug] = nil
            state.slugsAreDirty = true
            return false
          }
          entry.kept = KeptPage(page)
          entry.loadedAt = now
          entry.responses = responses
          if isOld { entry.responsesAt = now }
          entry.isLoading = entry.isDirty
          state.entries[slug] = entry
          return entry.isDirty
        }
        if let page { keep(page, slug) }
        guard isAgain else { return }
        try? await Task.sleep(for: .milliseconds(Self.pauseMs))
      } catch {
        tell(error, slug)
        // The next turn tries again.
        state.withLock { $0.entries[slug]?.isLoading = false }
        return
      }
    }
  }

  private func keep(_ page: StatusPage, _ slug: String) {
    do {
      try shelf?.put(page, slug: slug)
    } catch {
      log.warning(
        "a page can't be kept on disk", metadata: ["slug": "\(slug)", "error": "\(error)"])
    }
  }

  private func tell(_ error: any Error, _ slug: String) {
    log.warning(
      "a status page can't be made anew; the last one is shown",
      metadata: ["slug": "\(slug)", "error": "\(error)"])
  }
}
