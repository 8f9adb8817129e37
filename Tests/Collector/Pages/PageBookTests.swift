import Pages
import Store
import TestSupport
import Testing

@testable import PageServing

/// Pages that are kept, with a store in a test's hand.
struct PageBookTests {
  @Test func `what changes while a page is first loaded is shown soon after`() async throws {
    let source = ScriptedPages()
    source.change { $0.slugs = ["acme": PageSamples.owner] }
    let book = source.book()
    await book.turn(isMinute: true)
    source.change { $0.isHeld = true }
    async let first = book.page("acme")
    _ = try await eventually("a load") { source.change { $0.loads } == 1 ? true : nil }
    #expect(book.kept(slug: "acme", view: .overview) == nil)
    source.change { $0.title = "second" }
    book.changed(PageSamples.owner)
    source.change { $0.isHeld = false }
    #expect(await first.title == "first")
    // Two seconds after the change there is none that can be shown without waiting, until the newer.
    _ = try await eventually("a kept page") { book.kept(slug: "acme", view: .overview) }
    // Of itself it would be loaded again in a minute.
    let loads = try await eventually("the change") { () -> Int? in
      await book.page("acme").title == "second" ? source.change { $0.loads } : nil
    }
    #expect(loads == 2)
  }

  @Test func `however many unknown pages are asked for, the names are read once`() async throws {
    let source = ScriptedPages()
    source.change { $0.isHeld = true }
    let book = source.book()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<50 {
        group.addTask {
          source.change { $0.asked += 1 }
          return await book.page("unknown-\(number)").isNone
        }
      }
      _ = try await eventually("fifty who ask") { source.change { $0.asked } == 50 ? true : nil }
      source.change { $0.isHeld = false }
      for try await isNone in group { #expect(isNone) }
    }
    #expect(source.change { $0.namesRead } == 1)
    #expect(source.change { $0.loads } == 0)
  }

  @Test func `eight pages are first loaded at once, and all are in the end`() async throws {
    let slugs = (0..<40).map { "page-\($0)" }
    let source = ScriptedPages()
    source.change {
      $0.slugs = Dictionary(uniqueKeysWithValues: slugs.map { ($0, PageSamples.owner) })
    }
    let book = source.book()
    await book.turn(isMinute: true)
    source.change { $0.isHeld = true }
    try await withThrowingTaskGroup(of: String?.self) { group in
      for slug in slugs {
        group.addTask {
          source.change { $0.asked += 1 }
          return await book.page(slug).title
        }
      }
      _ = try await eventually("as many loads as may be") {
        source.change { $0.asked == 40 && $0.underWay >= 8 } ? true : nil
      }
      source.change { $0.isHeld = false }
      for try await title in group { #expect(title == "first") }
    }
    #expect(source.change { $0.mostUnderWay } == 8)
    #expect(source.change { $0.loads } == 40)
  }

  @Test func `what is kept is loaded again although the names are long in coming`() async throws {
    let source = ScriptedPages()
    source.change { $0.slugs = ["acme": PageSamples.owner] }
    let book = source.book()
    #expect(await book.page("acme").title == "first")
    source.change { $0.isHeld = true }
    book.allChanged()
    async let turn: Void = book.turn(isMinute: true)
    // The hold ends in any case, for the turn is waited for.
    let loads = try? await eventually("a load") { () -> Int? in
      let loads = source.change { $0.loads }
      return loads > 1 ? loads : nil
    }
    source.change { $0.isHeld = false }
    await turn
    #expect(loads == 2)
  }

  @Test func `while the store is away, a page is neither there nor not`() async throws {
    let source = ScriptedPages()
    source.change { $0.slugs = nil }
    let book = source.book()
    for number in 0..<30 { #expect(await book.page("unknown-\(number)").isUnavailable) }
    #expect(source.change { $0.namesRead } < 30)
    source.change { $0.slugs = ["unknown-1": PageSamples.owner] }
    _ = try await eventually("the page") { await book.page("unknown-1").title }
    #expect(await book.page("unknown-2").isNone)
    // It is shown on although the store is away again; another is not known not to be there.
    source.change { $0.slugs = nil }
    book.allChanged()
    await book.turn(isMinute: true)
    #expect(await book.page("unknown-1").title == "first")
  }

  @Test func `a page that was closed is not taken from the shelf`() async throws {
    let home = try TemporaryHome()
    defer { home.remove() }
    let shelf = PageShelf(folder: home.path)
    try shelf.open()
    for slug in ["closed", "moved"] {
      try shelf.put(ShelvedPage(PageSamples.page("shelved"), of: PageSamples.owner), slug: slug)
    }
    let source = ScriptedPages()
    source.change { $0.slugs = nil }
    let away = source.book(shelf: shelf)
    #expect(await away.page("closed").title == "shelved")
    #expect(away.kept(slug: "closed", view: .overview) != nil)
    // Once it is known which pages there are, it goes from memory and from the shelf.
    source.change { $0.slugs = ["moved": OrganizationID(rawValue: 2)] }
    let other = source.book(shelf: shelf)
    #expect(await other.page("closed").isNone)
    #expect(await other.page("moved").title == "first")
    await away.turn(isMinute: true)
    #expect(away.kept(slug: "closed", view: .overview) == nil)
    #expect(shelf.slugs == ["moved"])
    #expect(shelf.page("moved")?.organization == OrganizationID(rawValue: 2))
  }
}
