import Pages
import Synchronization
import Testing

@testable import PageServing

/// How often somebody was charged.
private final class Charges: Sendable {
  let count = Mutex(0)
}

/// What is rendered of one page.
struct KeptPageTests {
  @Test func `a part is rendered once, however many ask for it`() async throws {
    let kept = KeptPage(PageSamples.page())
    let charges = Charges()
    // The page itself was rendered before anybody asked.
    #expect(kept.kept(.overview) != nil && kept.kept(.atom) == nil)
    await withTaskGroup(of: String?.self) { group in
      for _ in 0..<32 {
        group.addTask {
          let rendering = await kept.answer(.atom) {
            charges.count.withLock { $0 += 1 }
            return nil
          }
          guard case .answer(let answer) = rendering else { return nil }
          return answer.tag
        }
      }
      for await tag in group { #expect(tag != nil && tag == kept.kept(.atom)?.tag) }
    }
    #expect(charges.count.withLock { $0 } == 1)
  }

  @Test func `whoever has had too much gets what is there already, and no more`() async throws {
    let kept = KeptPage(PageSamples.page())
    guard case .answer = await kept.answer(.rss, charge: { nil }),
      case .answer = await kept.answer(.rss, charge: { 7 }),
      case .answer = await kept.answer(.overview, charge: { 7 }),
      case .refused(7) = await kept.answer(.atom, charge: { 7 }),
      case .none = await kept.answer(.incident("nothing"), charge: { nil })
    else { throw NeverCame(what: "these answers") }
  }

  @Test func `what has no room drives out the oldest, and not all`() async throws {
    let incidents = (0..<5).map { number in
      PageIncident(
        id: "i\(number)", name: "Long ago", impact: .minor, startedAt: 1, resolvedAt: 2,
        updates: [
          .init(
            id: "u", status: .resolved, body: String(repeating: "\(number)", count: 500_000), at: 2)
        ])
    }
    let kept = KeptPage(PageSamples.page(incidents: incidents))
    let before = kept.byteCount
    for incident in incidents { _ = await kept.answer(.incident(incident.id)) { nil } }
    let held = incidents.filter { kept.kept(.incident($0.id)) != nil }.map(\.id)
    #expect(held.contains("i4") && held.contains("i3") && !held.contains("i0"))
    #expect(held == held.sorted() && kept.kept(.overview) != nil)
    #expect(kept.byteCount - before < 3 << 20)
  }

  /// An incident of long ago, so that the page itself does not show it.
  private static func incident(updates: Int, of bytes: Int) -> PageIncident {
    PageIncident(
      id: "i", name: "Long ago", impact: .minor, startedAt: 1, resolvedAt: 2,
      updates: (0..<updates).map { number in
        .init(
          id: "\(number)", status: .monitoring, body: String(repeating: "x", count: bytes), at: 2)
      })
  }

  @Test func `what an organization writes counts for its page`() {
    let short = KeptPage(PageSamples.page(incidents: [Self.incident(updates: 50, of: 10)]))
    let long = KeptPage(PageSamples.page(incidents: [Self.incident(updates: 50, of: 10_000)]))
    #expect(long.byteCount - short.byteCount == 50 * 9_990)
  }

  @Test func `what is measured of a component counts for its page`() {
    func page(_ days: Int, _ values: Int) -> KeptPage {
      let component = Component(
        id: "c", name: "Shop", state: .up,
        days: Array(repeating: ComponentDay(state: .up), count: days),
        response: ResponseTimes(
          start: 0, step: 1,
          series: [.init(region: "here", values: Array(repeating: 5, count: values))]))
      var page = PageSamples.page()
      page.groups = [ComponentGroup(id: "g", name: nil, components: [component])]
      return KeptPage(page)
    }
    #expect(page(90, 100_000).byteCount - page(0, 0).byteCount > 90 * 8 + 100_000 * 4)
  }

  @Test func `a page holds the newest hundred updates of an incident`() {
    let kept = KeptPage(PageSamples.page(incidents: [Self.incident(updates: 130, of: 1)]))
    #expect(kept.page.incidents.first?.updates.map(\.id) == (30..<130).map { "\($0)" })
  }
}
