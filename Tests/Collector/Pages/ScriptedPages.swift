import Logging
import Pages
import Store
import Synchronization
import Testing

@testable import PageServing

/// Where pages come from, in a test's hand.
final class ScriptedPages: Sendable {
  struct State: Sendable {
    /// `nil`: the store is away.
    var slugs: [String: OrganizationID]? = [:]
    var title = "first"
    /// Whether whoever reads has to wait.
    var isHeld = false
    /// Counted by whoever asks.
    var asked = 0
    var namesRead = 0
    var loads = 0
    var underWay = 0
    var mostUnderWay = 0
  }

  struct Away: Error {}

  let state = Mutex(State())

  func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    state.withLock { body(&$0) }
  }

  func book(shelf: PageShelf? = nil) -> PageBook {
    var log = Logger(label: "test")
    log.logLevel = .critical
    return PageBook(
      PageBook.Source(
        slugs: {
          let slugs = self.change { state in
            state.namesRead += 1
            return state.slugs
          }
          try await self.pass()
          guard let slugs else { throw Away() }
          return slugs
        },
        load: { organization, _ in
          let (title, isThere) = self.change { state in
            state.loads += 1
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            return (state.title, state.slugs?.values.contains(organization))
          }
          defer { self.change { $0.underWay -= 1 } }
          try await self.pass()
          guard let isThere else { throw Away() }
          return isThere ? PageSamples.page(title) : nil
        },
        responses: { _ in [:] }), shelf: shelf, log: log)
  }

  private func pass() async throws {
    while change({ $0.isHeld }) { try await Task.sleep(for: .milliseconds(5)) }
  }
}

extension PageAnswer {
  /// What the page is called; `nil` where there is none.
  var title: String? {
    if case .kept(let kept) = self { kept.page.name } else { nil }
  }

  var isNone: Bool {
    if case .none = self { true } else { false }
  }

  var isUnavailable: Bool {
    if case .unavailable = self { true } else { false }
  }
}
