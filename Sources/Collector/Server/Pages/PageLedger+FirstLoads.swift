import Store

/// How pages come to be kept.
extension PageLedger {
  /// How a first load goes on once what could be read of the names was read.
  enum FirstStep: Hashable {
    /// The page is to be loaded, and not before then.
    case load(OrganizationID, at: Int64)
    /// Nobody knows which pages there are; it may have been kept on disk.
    case shelf
    case none
  }

  func firstStep(_ slug: String) -> FirstStep {
    guard let known = names.known else { return .shelf }
    guard let organization = known[slug] else { return .none }
    return .load(organization, at: firstLoads.loadableAt(slug))
  }

  /// The first load gave this; `nil`: there is no such page.
  mutating func endFirstLoad(_ slug: String, _ loaded: LoadedPage?, now: Int64) -> PageAnswer {
    guard let load = firstLoads.end(slug), let begun = load.begun else { return .none }
    guard let loaded else {
      names.forget(slug)
      return .none
    }
    // Where it was taken down meanwhile, or its address is another's, nobody is shown it.
    guard let owner = names.known?[slug] else { return .none }
    guard owner == begun.organization else { return .unavailable }
    keep(
      PageEntry(
        loaded, of: owner, beganAt: begun.at, changedAt: load.changedAt, now: now), slug)
    return .kept(loaded.kept)
  }

  /// The page could not be loaded; this was on the shelf, and was that organization's.
  mutating func failFirstLoad(
    _ slug: String, _ shelved: (kept: KeptPage, organization: OrganizationID)?, now: Int64
  ) -> PageAnswer {
    firstLoads.fail(slug, now: now)
    if let known = names.known, known[slug] == nil { return .none }
    // What the shelf has may be of whoever had the address before.
    guard let shelved, names.known.map({ $0[slug] == shelved.organization }) ?? true else {
      return .unavailable
    }
    keep(PageEntry(shelved: shelved.kept, of: shelved.organization, now: now), slug)
    return .kept(shelved.kept)
  }
}
