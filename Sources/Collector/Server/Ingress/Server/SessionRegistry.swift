import NIOCore
import Synchronization

/// What may be told to a session from outside.
enum SessionNews: Sendable {
  case assignmentChanged
  case probesWait
  case revoked
  /// A session of this generation has begun.
  case replacedBy(generation: Int64)
  case rotate
  case shutDown
}

/// The live sessions of this process by their agent's key, and the way to tell them something.
final class SessionRegistry: Sendable {
  /// A session as others see it.
  struct Entry: Sendable {
    let generation: Int64
    let tell: @Sendable (SessionNews) -> Void
  }

  private let entries = Mutex<[Int32: Entry]>([:])

  /// Adds a session; of two of the same agent, the one of the lower generation is told that it was
  /// replaced, whichever came first.
  func add(_ agentKey: Int32, _ entry: Entry) {
    let (older, newer) = entries.withLock { entries -> (Entry?, Entry) in
      let previous = entries[agentKey]
      if let previous, previous.generation > entry.generation { return (entry, previous) }
      entries[agentKey] = entry
      return (previous, entry)
    }
    older?.tell(.replacedBy(generation: newer.generation))
  }

  /// Takes a session out, unless another has taken its place.
  func remove(_ agentKey: Int32, generation: Int64) {
    entries.withLock { entries in
      if entries[agentKey]?.generation == generation { entries[agentKey] = nil }
    }
  }

  /// Tells one agent's session something, if it is here.
  func tell(_ agentKey: Int32, _ news: SessionNews) {
    entries.withLock { $0[agentKey] }?.tell(news)
  }

  /// Tells every session something.
  func tellAll(_ news: SessionNews) {
    for entry in entries.withLock({ Array($0.values) }) { entry.tell(news) }
  }

  /// The agents whose sessions are live here.
  var agentKeys: [Int32] { entries.withLock { Array($0.keys) } }

  /// How many sessions are live here.
  var count: Int { entries.withLock { $0.count } }
}
