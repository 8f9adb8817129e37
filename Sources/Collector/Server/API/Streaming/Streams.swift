import Postgres

/// What all streams of one collector share.
struct Streams: Sendable {
  let exports: StreamGate
  let events: StreamGate
  /// Of pages of exports: half the connections of the smallest pool.
  let turns = PageTurns(2)
  /// Of looks for news: all streams of events wake at once.
  let feedTurns = PageTurns(2)
  let hub: EventHub

  /// - Parameter connections: that the server takes: streams leave half of them to others.
  init(store: PostgresPool, connections: Int) {
    exports = StreamGate("exports", most: min(100, max(4, connections / 8)), mostOfOne: 25)
    events = StreamGate(
      "streams of events", most: min(1_000, max(4, connections * 3 / 8)), mostOfOne: 20)
    hub = EventHub(store: store)
  }
}
