import Postgres
import Store
import Synchronization

/// Whose turn it is to try a channel: a collector is no means to trouble others with messages.
final class ChannelTurns: Sendable {
  /// How many an organization may try at once; one more each `pace.refillMs`.
  static let mostAtOnce = 10
  private static let pace = RateLimit(burst: Int64(mostAtOnce), refillMs: 10_000)
  /// How many may run at once, each of another organization.
  private static let most = 4

  private struct State {
    var running: Set<OrganizationID> = []
    var clearAt: [OrganizationID: Timestamp] = [:]
  }

  private let state = Mutex(State())

  /// Takes a turn, which must be ended; throws where there is none.
  func begin(_ organization: OrganizationID) throws(Problem) {
    let now = Timestamp.now()
    let refusal = state.withLock { state -> (Problem.Kind, String, seconds: Int64)? in
      guard state.running.count < Self.most, !state.running.contains(organization) else {
        return (.overloaded, "Another channel is tried; ask again when that is done.", 5)
      }
      switch Self.pace.take(clearAt: state.clearAt[organization], now: now) {
      case .refused(let ms):
        return (.rateLimited, "Your organization tries channels too often.", (ms + 999) / 1000)
      case .allowed(let clearAt, _):
        // What is full again need not be remembered.
        state.clearAt = state.clearAt.filter { $0.value > now }
        state.clearAt[organization] = clearAt
        state.running.insert(organization)
        return nil
      }
    }
    guard let refusal else { return }
    var problem = Problem(refusal.0, refusal.1)
    problem.headers = [("retry-after", String(refusal.seconds))]
    throw problem
  }

  func end(_ organization: OrganizationID) {
    state.withLock { _ = $0.running.remove(organization) }
  }
}
