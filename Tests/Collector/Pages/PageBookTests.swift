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
