import Postgres
import Store
import Synchronization

/// Wakes the streams of events when there is something for them: one look for all of a collector's.
final class EventHub: Sendable {
  /// How often it looks.
  private static let period = Duration.milliseconds(500)
  /// How often everyone is woken, to show that they live: twice in the 15 seconds that are promised, since
  /// a beat just after an event says nothing.
  static let beat = Duration.seconds(7)
  /// Events of it are everybody's.
  private static let installation: Int32 = 0

  private let store: PostgresPool
  private let listeners = Mutex<[UInt64: Listener]>([:])
  private let numbers = Atomic<UInt64>(0)

  private struct Listener {
    var organization: Int32
    var wake: AsyncStream<Void>.Continuation
  }

  init(store: PostgresPool) { self.store = store }

  /// Wakes whoever reads it, until it is let go of or `end` is called.
  final class Subscription: Sendable {
    let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let hub: EventHub
    private let number: UInt64

    fileprivate init(_ hub: EventHub, _ number: UInt64, organization: Int32) {
      (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
      self.hub = hub
      self.number = number
      hub.listeners.withLock { $0[number] = Listener(organization: organization, wake: wake) }
    }

    func end() { wake.finish() }

    deinit { hub.listeners.withLock { $0[number] = nil } }
  }

  /// What happens from now on wakes it; what happened before must be looked for.
  func subscribe(_ organization: OrganizationID) -> Subscription {
    let number = numbers.add(1, ordering: .relaxed).newValue
    return Subscription(self, number, organization: organization.rawValue)
  }

  /// Looks until the task is cancelled.
  func run() async {
    var next: Int64?
    var beatAt = ContinuousClock.now + Self.beat
    while (try? await Task.sleep(for: Self.period)) != nil {
      guard listeners.withLock({ !$0.isEmpty }) else {
        next = nil
        continue
      }
      let from = next
      // What can't be read now is read when it can: the streams' positions stand in the store.
      let news = try? await store.run { connection in
        guard let from else {
          let end = try EventQueries.end(on: connection)
          return (organizations: Set<Int32>(), next: end.transaction + 1)
        }
        return try EventQueries.news(from: from, on: connection)
      }
      if let news { next = news.next }
      let isBeat = ContinuousClock.now >= beatAt
      if isBeat { beatAt = .now + Self.beat }
      let organizations = news?.organizations ?? []
      let isForAll = isBeat || from == nil || organizations.contains(Self.installation)
      let woken = listeners.withLock { listeners in
        listeners.values.filter { isForAll || organizations.contains($0.organization) }
          .map(\.wake)
      }
      for wake in woken { wake.yield() }
    }
  }
}
