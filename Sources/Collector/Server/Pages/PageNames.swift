import Store

/// Which pages there are, by their place in the address.
struct PageNames: Sendable {
  /// `nil` until they were read.
  private(set) var known: [String: OrganizationID]?
  /// Whether they may have changed since they were last read.
  private(set) var areOld = true
  private var failedAt = PageEntry.never
  private var hasFailed = false

  /// Whether somebody who asks for a page should have them read first.
  func areWanted(_ now: Int64) -> Bool { known == nil && now - failedAt >= PagePace.refusalMs }

  mutating func change() {
    areOld = true
  }

  mutating func beginReading() {
    areOld = false
  }

  /// Whether the store was away before.
  mutating func read(_ names: [String: OrganizationID]) -> Bool {
    defer { hasFailed = false }
    known = names
    return hasFailed
  }

  mutating func fail(_ now: Int64) {
    areOld = true
    hasFailed = true
    failedAt = now
  }

  /// There is none any more of this name.
  mutating func forget(_ slug: String) {
    known?[slug] = nil
    areOld = true
  }
}
