import Postgres

/// What all streams of one collector share.
struct Streams: Sendable {
  let exports = StreamGate("exports", most: 100, mostOfOne: 25)
  let events = StreamGate("streams of events", most: 1_000, mostOfOne: 20)
  /// Of pages of exports: half the connections of the smallest pool.
  let turns = PageTurns(2)
  /// Of looks for news: all streams of events wake at once.
  let feedTurns = PageTurns(2)
  let hub: EventHub

  init(store: PostgresPool) { hub = EventHub(store: store) }
}
