import Logging
import Pages
import Store
import Synchronization

/// The pages that are kept in memory: what `PageLedger` decides is done here.
final class PageBook: Sendable {
  /// Where pages come from.
  struct Source: Sendable {
    /// The published pages by their place in the address.
    var slugs: @Sendable () async throws -> [String: OrganizationID]
    /// An organization's page as it is now, with these response times.
    var load: @Sendable (OrganizationID, [String: ResponseTimes]) async throws -> StatusPage?
    /// The response times of an organization's components.
    var responses: @Sendable (OrganizationID) async throws -> [String: ResponseTimes]
  }

  private struct State {
    var ledger = PageLedger()
    /// The ledger's first loads.
    var firstLoads: [String: Task<PageAnswer, Never>] = [:]
    var reading: Task<Void, Never>?
  }

  private let state = Mutex(State())
  private let firstLoadPlaces = PagePlaces(PagePace.mostFirstLoadsAtOnce)
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

  /// What shows a part of a page, where it is there and nobody need wait for a newer one.
  func kept(slug: String, view: PageView) -> KeptAnswer? {
    let now = nowMs
    return state.withLock { $0.ledger.shown(slug, now: now) }?.kept(view)
  }

  /// The page of this slug, as it was loaded last.
  func page(_ slug: String) async -> PageAnswer {
    let now = nowMs
    let (finding, firstLoad) = state.withLock { state in
      let finding = state.ledger.ask(slug, now: now)
      guard case .coming = finding else { return (finding, nil as Task<PageAnswer, Never>?) }
      let task = state.firstLoads[slug] ?? Task { await self.firstLoad(slug) }
      state.firstLoads[slug] = task
      return (finding, task)
    }
    switch finding {
    case .kept(let kept): return .kept(kept)
    case .none: return .none
    case .unavailable: return .unavailable
    case .coming: return await firstLoad?.value ?? .unavailable
    case .old(let old, let end):
      advance()
      return await newer(slug, than: old, until: end)
    }
  }

  /// Waits a moment for a newer page.
  private func newer(_ slug: String, than old: KeptPage, until end: Int64) async -> PageAnswer {
    while nowMs < end {
      if let answer = state.withLock({ $0.ledger.awaited(slug, insteadOf: old) }) { return answer }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return .kept(old)
  }

  // MARK: Changes

  /// Something that an organization shows may have changed.
  func changed(_ organization: OrganizationID) {
    let now = nowMs
    state.withLock { $0.ledger.change(organization, now: now) }
    advance()
  }

  /// Anything may have changed. The next turn sees to it, for there may be no page any more.
  func allChanged() {
    let now = nowMs
    state.withLock { $0.ledger.change(nil, now: now) }
  }

  /// To be called about every second: reads which pages there are where that may have changed, and loads
  /// again what has grown old and is asked for.
  func turn(isMinute: Bool) async {
    let now = nowMs
    let isReading = state.withLock { state in
      state.ledger.evict()
      state.ledger.firstLoads.forget(now: now)
      return isMinute || state.ledger.names.areOld
    }
    // Reading may take long; what is kept does not wait for it.
    advance()
    guard isReading else { return }
    await readNames()
    advance()
  }

  // MARK: Which pages there are

  /// Returns when they were read, or could not be. Whoever comes meanwhile waits for the same.
  private func readNames() async {
    let task = state.withLock { state in
      if let task = state.reading { return task }
      state.ledger.names.beginReading()
      let task = Task { await self.readNamesAlone() }
      state.reading = task
      return task
    }
    await task.value
  }

  private func readNamesAlone() async {
    do {
      let names = try await source.slugs()
      let gone = state.withLock { $0.ledger.read(names) }
      for slug in (shelf?.slugs ?? []).subtracting(names.keys).union(gone) { shelf?.remove(slug) }
    } catch {
      let now = nowMs
      state.withLock { $0.ledger.names.fail(now) }
    }
    state.withLock { $0.reading = nil }
  }

  // MARK: Loading

  private func firstLoad(_ slug: String) async -> PageAnswer {
    let now = nowMs
    if state.withLock({ $0.ledger.names.areWanted(now) }) { await readNames() }
    switch state.withLock({ $0.ledger.firstStep(slug) }) {
    case .none: return endFirstLoad(slug) { $0.endFirstLoad(slug, nil, now: $1) }
    case .shelf: return failFirstLoad(slug)
    case .load(let organization, let at):
      let rest = at - nowMs
      if rest > 0 { try? await Task.sleep(for: .milliseconds(rest)) }
      do {
        let loaded = try await loadInPlace(slug, organization)
        let answer = endFirstLoad(slug) { $0.endFirstLoad(slug, loaded, now: $1) }
        shelve(loaded, slug, organization)
        return answer
      } catch {
        tell(error, slug)
        return failFirstLoad(slug)
      }
    }
  }

  /// Loads it for the first time, once there is a place for that.
  private func loadInPlace(
    _ slug: String, _ organization: OrganizationID
  ) async throws -> LoadedPage? {
    await firstLoadPlaces.take()
    defer { firstLoadPlaces.leave() }
    let now = nowMs
    state.withLock { $0.ledger.firstLoads.begin(slug, of: organization, now: now) }
    return try await load(organization, nil)
  }

  private func failFirstLoad(_ slug: String) -> PageAnswer {
    // It is rendered before the lock is taken, for event loops take it too.
    let shelved = shelf?.page(slug).map { (kept: KeptPage($0.page), organization: $0.organization) }
    return endFirstLoad(slug) { $0.failFirstLoad(slug, shelved, now: $1) }
  }

  private func endFirstLoad(
    _ slug: String, _ end: (inout PageLedger, Int64) -> PageAnswer
  ) -> PageAnswer {
    let now = nowMs
    let answer = state.withLock { state in
      state.firstLoads[slug] = nil
      return end(&state.ledger, now)
    }
    // Something may have changed meanwhile.
    advance()
    return answer
  }

  /// Begins the loads that are due.
  private func advance() {
    let now = nowMs
    let (loads, wakeAt) = state.withLock { $0.ledger.begin(now: now) }
    for load in loads { Task { await self.run(load) } }
    guard let wakeAt else { return }
    // A book that nobody has any more tries nothing again.
    Task { [weak self] in
      try? await Task.sleep(for: .milliseconds(wakeAt - now))
      self?.advance()
    }
  }

  private func run(_ load: PageLedger.Load) async {
    do {
      let loaded = try await self.load(load.organization, load.responses)
      let isKept = state.withLock { $0.ledger.end(load, loaded) }
      if isKept || loaded == nil { shelve(loaded, load.slug, load.organization) }
    } catch {
      tell(error, load.slug)
      state.withLock { $0.ledger.fail(load) }
    }
    advance()
  }

  /// `nil` where there is no page. It is rendered here, so that nobody who asks waits for that.
  private func load(
    _ organization: OrganizationID, _ responses: LoadedPage.Responses?
  ) async throws -> LoadedPage? {
    let now = nowMs
    let responses =
      if let responses { responses } else {
        LoadedPage.Responses(times: try await source.responses(organization), readAt: now)
      }
    guard let page = try await source.load(organization, responses.times) else { return nil }
    return LoadedPage(kept: KeptPage(page), responses: responses)
  }

  /// Puts a page on the shelf, or takes away what is there where there is no page any more.
  private func shelve(_ loaded: LoadedPage?, _ slug: String, _ organization: OrganizationID) {
    guard let shelf else { return }
    if let loaded {
      do {
        try shelf.put(ShelvedPage(loaded.kept.page, of: organization), slug: slug)
      } catch {
        log.warning(
          "a page can't be kept on disk", metadata: ["slug": "\(slug)", "error": "\(error)"])
      }
    }
    // It may have been taken down while it was written.
    if state.withLock({ $0.ledger.names.known?[slug] != organization }) { shelf.remove(slug) }
  }

  private func tell(_ error: any Error, _ slug: String) {
    log.warning(
      "a status page can't be made anew; the last one is shown",
      metadata: ["slug": "\(slug)", "error": "\(error)"])
  }
}
