import Model
import Synchronization

/// What may be told to a session from outside.
enum SessionNews: Sendable {
  case assignmentChanged
  /// The store was seen to hold this revision of the assignment.
  case assignmentStands(at: UInt64)
  case probesWait
  case triesWait
  case revoked
  /// A session of this generation has begun.
  case replacedBy(generation: Int64)
  case rotate
  case shutDown
}

/// The live sessions of this process by their agent's key, the connections that are no session yet,
/// and the way to tell them something. Once it is stopping, whoever comes is told so at once.
final class SessionRegistry: Sendable {
  /// A session as others see it.
  struct Entry: Sendable {
    let generation: Int64
    let tell: @Sendable (SessionNews) -> Void
  }

  private struct State {
    var sessions: [Int32: Entry] = [:]
    var guests: [SessionID: @Sendable () -> Void] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())

  /// Adds a session; of two of the same agent, the one of the lower generation is told that it was
  /// replaced, whichever came first.
  func add(_ agentKey: Int32, _ entry: Entry) {
    let (older, newer, isStopping) = state.withLock { state -> (Entry?, Entry, Bool) in
      let previous = state.sessions[agentKey]
      if let previous, previous.generation > entry.generation {
        return (entry, previous, state.isStopping)
      }
      state.sessions[agentKey] = entry
      return (previous, entry, state.isStopping)
    }
    older?.tell(.replacedBy(generation: newer.generation))
    if isStopping { entry.tell(.shutDown) }
  }

  /// Takes a session out, unless another has taken its place.
  func remove(_ agentKey: Int32, generation: Int64) {
    state.withLock { state in
      if state.sessions[agentKey]?.generation == generation { state.sessions[agentKey] = nil }
    }
  }

  /// Adds a connection that is no session yet; `stop` is called when the process stops, at once
  /// where it does already.
  func enter(_ connection: SessionID, stop: @escaping @Sendable () -> Void) {
    let isStopping = state.withLock { state in
      state.guests[connection] = stop
      return state.isStopping
    }
    if isStopping { stop() }
  }

  /// A connection has become a session, or is gone.
  func leave(_ connection: SessionID) { state.withLock { $0.guests[connection] = nil } }

  /// Tells every session and every connection, and all that come later, that the process stops.
  func shutDown() {
    let (guests, sessions) = state.withLock { state in
      state.isStopping = true
      return (Array(state.guests.values), Array(state.sessions.values))
    }
    for stop in guests { stop() }
    for session in sessions { session.tell(.shutDown) }
  }

  /// Tells one agent's session something, if it is here.
  func tell(_ agentKey: Int32, _ news: SessionNews) {
    state.withLock { $0.sessions[agentKey] }?.tell(news)
  }

  /// Tells every session something.
  func tellAll(_ news: SessionNews) {
    for entry in state.withLock({ Array($0.sessions.values) }) { entry.tell(news) }
  }

  /// The agents whose sessions are live here.
  var agentKeys: [Int32] { state.withLock { Array($0.sessions.keys) } }

  /// How many sessions are live here.
  var count: Int { state.withLock { $0.sessions.count } }

  /// Whether anyone is still connected.
  var isEmpty: Bool { state.withLock { $0.sessions.isEmpty && $0.guests.isEmpty } }
}
