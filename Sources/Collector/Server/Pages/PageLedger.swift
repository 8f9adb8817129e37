import Store

/// Decides which pages are kept, which are loaded and when. Nothing here waits or reads a clock: times
/// are milliseconds, and given.
struct PageLedger: Sendable {
  var names = PageNames()
  var firstLoads = PageFirstLoads()
  private(set) var entries: [String: PageEntry] = [:]
  private var loadsUnderWay = 0
  private var lastNumber = 0
  /// When `begin` is to be called next, where somebody was told so.
  private var wakeAt: Int64?

  /// A load of a page that is kept.
  struct Load: Sendable {
    var slug: String
    var organization: OrganizationID
    var number: Int
    /// Those that are still good; `nil` where they have to be read again.
    var responses: LoadedPage.Responses?
  }

  // MARK: Asking

  /// What there is for who asks for a page.
  enum Finding {
    case kept(KeptPage)
    /// Until then a newer one should be waited for.
    case old(KeptPage, until: Int64)
    /// Its first load is under way, or is to begin now.
    case coming
    case none
    case unavailable
  }

  /// The page, if it can be shown without waiting.
  mutating func shown(_ slug: String, now: Int64) -> KeptPage? {
    guard case .kept(let kept) = found(slug, now: now) else { return nil }
    return kept
  }

  /// `nil` where no page is kept.
  private mutating func found(_ slug: String, now: Int64) -> Finding? {
    guard let index = entries.index(forKey: slug) else { return nil }
    let until = entries.values[index].ask(now)
    let kept = entries.values[index].kept
    // Until it is known which pages there are, none is loaded.
    guard let until, names.known != nil else { return .kept(kept) }
    return .old(kept, until: until)
  }

  mutating func ask(_ slug: String, now: Int64) -> Finding {
    if let finding = found(slug, now: now) { return finding }
    guard PageShelf.isSlug(slug) else { return .none }
    if let known = names.known, known[slug] == nil { return .none }
    return firstLoads.ask(slug, now: now) ? .coming : .unavailable
  }

  /// What has come of waiting for a newer page; `nil`: nothing yet.
  func awaited(_ slug: String, insteadOf old: KeptPage) -> PageAnswer? {
    guard let entry = entries[slug] else {
      return names.known?[slug] == nil ? PageAnswer.none : .unavailable
    }
    return entry.kept !== old || entry.hasFailed ? .kept(entry.kept) : nil
  }

  // MARK: Changes

  /// Something that an organization shows may have changed; `nil`: anything may have.
  mutating func change(_ organization: OrganizationID?, now: Int64) {
    names.change()
    firstLoads.change(organization, now: now)
    let slugs = entries.filter { organization == nil || $0.value.organization == organization }
      .map(\.key)
    for slug in slugs { entries[slug]?.change(now) }
  }

  /// There are these pages, and no others. Returns which are no longer kept.
  mutating func read(_ known: [String: OrganizationID]) -> [String] {
    let wasAway = names.read(known)
    let gone = entries.filter { known[$0.key] != $0.value.organization }.map(\.key)
    for slug in gone { entries[slug] = nil }
    guard wasAway else { return gone }
    for slug in Array(entries.keys) { entries[slug]?.forgive() }
    return gone
  }

  // MARK: Loading again

  /// The loads that are to begin now, and when to ask again: not needed where a load ends before, or
  /// where `begin` is called then anyway.
  mutating func begin(now: Int64) -> (loads: [Load], wakeAt: Int64?) {
    if let wakeAt, wakeAt <= now { self.wakeAt = nil }
    guard names.known != nil else { return ([], nil) }
    var due: [(slug: String, triedAt: Int64)] = []
    var next = Int64.max
    for (slug, entry) in entries where entry.wantsLoad(now) {
      if entry.loadableAt <= now {
        due.append((slug, entry.triedAt))
      } else {
        next = min(next, entry.loadableAt)
      }
    }
    let room = PagePace.mostLoads - loadsUnderWay
    if due.count > room { due.sort { $0.triedAt < $1.triedAt } }
    let loads = due.prefix(room).compactMap { begin($0.slug, now: now) }
    // Where there is no room, the end of a load makes some.
    guard loadsUnderWay < PagePace.mostLoads, next < wakeAt ?? .max else { return (loads, nil) }
    wakeAt = next
    return (loads, next)
  }

  private mutating func begin(_ slug: String, now: Int64) -> Load? {
    guard let entry = entries[slug] else { return nil }
    lastNumber += 1
    loadsUnderWay += 1
    entries[slug]?.begin(lastNumber, now: now)
    let areFresh = now - entry.responses.readAt < PagePace.responsesFreshMs
    return Load(
      slug: slug, organization: entry.organization, number: lastNumber,
      responses: areFresh ? entry.responses : nil)
  }

  /// A load gave this; `nil`: there is no such page any more. Returns whether the page is kept.
  mutating func end(_ load: Load, _ loaded: LoadedPage?) -> Bool {
    loadsUnderWay -= 1
    guard entries[load.slug]?.load?.number == load.number else { return false }
    guard let loaded else {
      entries[load.slug] = nil
      names.forget(load.slug)
      return false
    }
    entries[load.slug]?.end(loaded)
    evict()
    return true
  }

  mutating func fail(_ load: Load) {
    loadsUnderWay -= 1
    guard entries[load.slug]?.load?.number == load.number else { return }
    entries[load.slug]?.fail()
  }

  // MARK: Room

  mutating func keep(_ entry: PageEntry, _ slug: String) {
    entries[slug] = entry
    evict()
  }

  /// Pages that nobody asked for longest go, until the rest has room.
  mutating func evict() {
    var total = entries.values.reduce(0) { $0 + $1.kept.byteCount }
    guard total > PagePace.mostBytes else { return }
    for (slug, entry) in entries.sorted(by: { $0.value.askedAt < $1.value.askedAt }) {
      guard total > PagePace.mostBytes, entries.count > 1 else { return }
      total -= entry.kept.byteCount
      entries[slug] = nil
      firstLoads.drop(slug, triedAt: entry.triedAt)
    }
  }
}
