import Pages
import Store
import Testing

@testable import PageServing

/// Which pages are loaded, and when: time is told.
struct PageLedgerTests {
  private static let owner = PageSamples.owner

  private static func keep(
    _ slug: String, _ ledger: HeldLedger, at now: Int64 = 0
  ) throws {
    guard case .coming = ledger.ask(slug, now: now) else { throw NeverCame(what: "a first load") }
    ledger.beginFirstLoad(slug, now: now)
    guard case .kept = ledger.endFirstLoad(slug, now: now) else {
      throw NeverCame(what: "a page")
    }
  }

  private static func isKept(_ answer: PageAnswer) -> Bool {
    if case .kept = answer { true } else { false }
  }

  @Test func `what changes while a page is first loaded is loaded after`() throws {
    let ledger = HeldLedger(["a", "b"])
    for slug in ["a", "b"] {
      guard case .coming = ledger.ask(slug, now: 0) else { throw NeverCame(what: slug) }
      ledger.beginFirstLoad(slug, now: 0)
    }
    ledger.change(Self.owner, now: 20)
    #expect(Self.isKept(ledger.endFirstLoad("a", now: 600)))
    #expect(ledger.entries["a"]?.loadedAt == 0)
    #expect(ledger.begin(now: 600).loads.map(\.slug) == ["a"])
    // Nothing of the other's is lost either.
    #expect(Self.isKept(ledger.endFirstLoad("b", now: 700)))
    #expect(ledger.begin(now: 700).loads.map(\.slug) == ["b"])
  }

  @Test func `a change of another organization loads nothing`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    ledger.change(OrganizationID(rawValue: 2), now: 1_000)
    #expect(ledger.begin(now: 1_000).loads.isEmpty)
    ledger.change(nil, now: 1_000)
    #expect(ledger.begin(now: 1_000).loads.count == 1)
  }

  @Test func `a load that failed is tried again five seconds later, and no sooner`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    ledger.change(Self.owner, now: 1_000)
    let load = try #require(ledger.begin(now: 1_000).loads.first)
    ledger.fail(load)
    let (none, wakeAt) = ledger.begin(now: 1_100)
    #expect(none.isEmpty && wakeAt == 6_000)
    #expect(ledger.begin(now: 5_999).loads.isEmpty)
    let again = try #require(ledger.begin(now: 6_000).loads.first)
    #expect(ledger.end(again, PageSamples.loaded("new")))
    #expect(ledger.begin(now: 20_000).loads.isEmpty)
    #expect(ledger.shown("a", now: 20_000)?.page.name == "new")
  }

  @Test func `once the store answers again, what failed is tried at once`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    ledger.change(nil, now: 1_000)
    ledger.fail(try #require(ledger.begin(now: 1_000).loads.first))
    ledger.value.names.fail(1_100)
    _ = ledger.read(["a": Self.owner])
    #expect(ledger.begin(now: 1_600).loads.count == 1)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `a page that changes all the time is loaded at most twice a second`(_ seed: UInt64) throws {
    var random = seed &* 0x9e37_79b9_7f4a_7c15
    func next(_ bound: UInt64) -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % bound
    }
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    var begins: [Int64] = [0]
    var underWay: (load: PageLedger.Load, until: Int64)?
    for now in stride(from: 10 as Int64, to: 60_000, by: 10) {
      ledger.change(Self.owner, now: now)
      _ = ledger.shown("a", now: now)
      if let load = underWay, load.until <= now {
        underWay = nil
        if next(5) == 0 {
          ledger.fail(load.load)
        } else {
          _ = ledger.end(load.load, PageSamples.loaded())
        }
      }
      for load in ledger.begin(now: now).loads {
        #expect(underWay == nil)
        begins.append(now)
        underWay = (load, now + Int64(next(900)))
      }
    }
    #expect(zip(begins, begins.dropFirst()).allSatisfy { $1 - $0 >= PagePace.pauseMs })
    // And often enough, although every fifth fails.
    #expect(begins.count > 20)
  }

  @Test func `a page that nobody asks for is loaded when somebody does`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    let late = PagePace.idleMs + 1
    ledger.change(Self.owner, now: late)
    #expect(ledger.begin(now: late).loads.isEmpty)
    #expect(ledger.shown("a", now: late + 100) == nil)
    guard case .old(let old, let until) = ledger.ask("a", now: late + 100) else {
      throw NeverCame(what: "an old page")
    }
    #expect(until > late + 100 && until <= late + 100 + PagePace.patienceMs)
    #expect(ledger.value.awaited("a", insteadOf: old) == nil)
    let load = try #require(ledger.begin(now: late + 100).loads.first)
    #expect(ledger.end(load, PageSamples.loaded("new")))
    guard case .kept(let new)? = ledger.value.awaited("a", insteadOf: old) else {
      throw NeverCame(what: "a new page")
    }
    #expect(new.page.name == "new")
  }

  @Test func `whoever asks for an old page waits once, and not while the store is away`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    let late = PagePace.oldMs + 1
    #expect(ledger.shown("a", now: late) == nil)
    let load = try #require(ledger.begin(now: late).loads.first)
    #expect(ledger.shown("a", now: late + 900) == nil)
    // It hangs.
    #expect(ledger.shown("a", now: late + 1_000) != nil)
    ledger.fail(load)
    #expect(ledger.shown("a", now: late + 1_100) != nil)
    let again = try #require(ledger.begin(now: late + PagePace.retryMs).loads.first)
    #expect(ledger.shown("a", now: late + PagePace.retryMs) != nil)
    ledger.fail(again)
  }

  @Test func `four pages at most are loaded again at once, and all are in the end`() throws {
    let slugs = (0..<10).map { "page-\($0)" }
    let ledger = HeldLedger(slugs)
    for slug in slugs { try Self.keep(slug, ledger) }
    ledger.change(nil, now: 1_000)
    var underWay = ledger.begin(now: 1_000).loads
    var loaded: [String] = []
    while let load = underWay.popLast() {
      #expect(underWay.count < 4)
      #expect(ledger.begin(now: 1_000).loads.isEmpty)
      #expect(ledger.end(load, PageSamples.loaded()))
      loaded.append(load.slug)
      underWay += ledger.begin(now: 1_000).loads
    }
    #expect(loaded.sorted() == slugs)
  }

  @Test func `what was taken down meanwhile is shown to nobody`() throws {
    let ledger = HeldLedger(["a", "b", "c"])
    for slug in ["a", "b"] {
      _ = ledger.ask(slug, now: 0)
      ledger.beginFirstLoad(slug, now: 0)
    }
    try Self.keep("c", ledger)
    ledger.change(nil, now: 1_000)
    let load = try #require(ledger.begin(now: 1_000).loads.first)
    #expect(ledger.read(["b": OrganizationID(rawValue: 2)]) == ["c"])
    guard case .none = ledger.endFirstLoad("a", now: 1_000),
      case .unavailable = ledger.endFirstLoad("b", now: 1_000)
    else { throw NeverCame(what: "no page") }
    #expect(!ledger.end(load, PageSamples.loaded()))
    #expect(ledger.entries.isEmpty)
  }

  @Test func `a load that found no page takes it down`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    ledger.change(Self.owner, now: 1_000)
    let load = try #require(ledger.begin(now: 1_000).loads.first)
    #expect(!ledger.end(load, nil))
    guard case .none = ledger.ask("a", now: 1_001) else { throw NeverCame(what: "no page") }
    #expect(ledger.value.names.areOld)
  }

  @Test func `a load that is late changes no page that was loaded since`() throws {
    let ledger = HeldLedger(["a"])
    try Self.keep("a", ledger)
    ledger.change(Self.owner, now: 1_000)
    let late = try #require(ledger.begin(now: 1_000).loads.first)
    _ = ledger.read([:])
    _ = ledger.read(["a": Self.owner])
    try Self.keep("a", ledger, at: 2_000)
    #expect(!ledger.end(late, PageSamples.loaded("old")))
    #expect(ledger.shown("a", now: 2_000)?.page.name == "Acme")
  }

  @Test func `the shelf's page is of the same organization, or is not shown`() throws {
    let kept = KeptPage(PageSamples.page())
    let mine = (kept: kept, organization: Self.owner)
    let theirs = (kept: kept, organization: OrganizationID(rawValue: 2))
    let ledger = HeldLedger(["a"])
    _ = ledger.ask("a", now: 0)
    ledger.beginFirstLoad("a", now: 0)
    guard case .unavailable = ledger.failFirstLoad("a", theirs, now: 10),
      case .unavailable = ledger.ask("a", now: 20)
    else { throw NeverCame(what: "a refusal") }
    #expect(ledger.value.firstStep("a") == .load(Self.owner, at: PagePace.pauseMs))
    guard case .coming = ledger.ask("a", now: 2_000) else { throw NeverCame(what: "a load") }
    ledger.beginFirstLoad("a", now: 2_000)
    #expect(Self.isKept(ledger.failFirstLoad("a", mine, now: 2_010)))
    // It is shown at once, as it was rendered before, and loaded as soon as that may succeed.
    #expect(ledger.shown("a", now: 2_020) === kept)
    #expect(ledger.begin(now: 2_020).wakeAt == 2_010 + PagePace.retryMs)
    guard case .none = ledger.failFirstLoad("closed", mine, now: 2_030) else {
      throw NeverCame(what: "no page")
    }
  }

  @Test func `while nobody knows which pages there are, nobody asks again for a second`() throws {
    var names = PageNames()
    #expect(names.areWanted(0))
    names.beginReading()
    names.fail(100)
    #expect(!names.areWanted(1_099) && names.areWanted(1_100) && names.areOld)
    names.beginReading()
    let wasAway = names.read([:])
    #expect(wasAway && !names.areWanted(9_000) && !names.areOld)
  }

  @Test func `while nobody knows which pages there are, one that failed is refused for a second`()
    throws
  {
    var ledger = PageLedger()
    guard case .coming = ledger.ask("a", now: 0),
      case .unavailable = ledger.failFirstLoad("a", nil, now: 10),
      case .unavailable = ledger.ask("a", now: 20),
      case .unavailable = ledger.ask("a", now: 9 + PagePace.refusalMs),
      case .coming = ledger.ask("b", now: 20),
      case .coming = ledger.ask("a", now: 10 + PagePace.refusalMs)
    else { throw NeverCame(what: "these findings") }
    // Nothing was loaded, so that nothing keeps a load waiting.
    _ = ledger.read(["a": Self.owner])
    guard case .load(_, let at) = ledger.firstStep("a") else { throw NeverCame(what: "a load") }
    #expect(at < 0)
  }

  @Test func `of many that failed the newest are remembered, and not too many`() throws {
    var ledger = PageLedger()
    let last = 3 * PagePace.mostAttempts
    for number in 0...last {
      guard case .coming = ledger.ask("page-\(number)", now: 0) else {
        throw NeverCame(what: "a first load")
      }
      _ = ledger.failFirstLoad("page-\(number)", nil, now: Int64(number / 8))
      #expect(ledger.firstLoads.attemptCount <= PagePace.mostAttempts)
    }
    let now = Int64(last / 8)
    guard case .unavailable = ledger.ask("page-\(last)", now: now),
      case .unavailable = ledger.ask("page-\(last - PagePace.mostAttempts / 2)", now: now),
      case .coming = ledger.ask("page-0", now: now)
    else { throw NeverCame(what: "these findings") }
    ledger.firstLoads.forget(now: now + PagePace.refusalMs)
    #expect(ledger.firstLoads.attemptCount == 0)
  }

  @Test func `so many first loads wait, and no more`() throws {
    let slugs = (0...PagePace.mostFirstLoads).map { "page-\($0)" }
    let ledger = HeldLedger(slugs)
    for slug in slugs.dropLast() {
      guard case .coming = ledger.ask(slug, now: 0) else { throw NeverCame(what: slug) }
    }
    guard case .unavailable = ledger.ask(slugs[PagePace.mostFirstLoads], now: 0) else {
      throw NeverCame(what: "a refusal")
    }
  }
}
