import Store

@testable import PageServing

/// A ledger that many calls in one expectation may change.
final class HeldLedger {
  var value = PageLedger()

  /// One that knows pages of these names, all of one organization.
  init(_ slugs: [String]) {
    _ = read(Dictionary(uniqueKeysWithValues: slugs.map { ($0, PageSamples.owner) }))
  }

  var entries: [String: PageEntry] { value.entries }

  func read(_ known: [String: OrganizationID]) -> [String] { value.read(known) }

  func ask(_ slug: String, now: Int64) -> PageLedger.Finding { value.ask(slug, now: now) }

  func shown(_ slug: String, now: Int64) -> KeptPage? { value.shown(slug, now: now) }

  func change(_ organization: OrganizationID?, now: Int64) { value.change(organization, now: now) }

  func beginFirstLoad(_ slug: String, now: Int64) {
    value.firstLoads.begin(slug, of: PageSamples.owner, now: now)
  }

  func endFirstLoad(_ slug: String, now: Int64) -> PageAnswer {
    value.endFirstLoad(slug, PageSamples.loaded(), now: now)
  }

  func failFirstLoad(
    _ slug: String, _ shelved: (kept: KeptPage, organization: OrganizationID)?, now: Int64
  ) -> PageAnswer {
    value.failFirstLoad(slug, shelved, now: now)
  }

  func begin(now: Int64) -> (loads: [PageLedger.Load], wakeAt: Int64?) { value.begin(now: now) }

  func end(_ load: PageLedger.Load, _ loaded: LoadedPage?) -> Bool { value.end(load, loaded) }

  func fail(_ load: PageLedger.Load) { value.fail(load) }
}
