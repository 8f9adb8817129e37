import Glibc
import Synchronization

/// Where a receiver's requests wait: it lets some through, and holds the others until it is asked anew.
public final class Gate: Sendable {
  private struct State {
    var round = 0
    var left = 0
    public var held = 0
    var most = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// How many it holds now, and the most that it held at once.
  public var held: Int { state.withLock(\.held) }
  public var most: Int { state.withLock(\.most) }

  /// Lets so many more through, and all that it holds.
  public func admit(_ count: Int) {
    state.withLock { $0 = State(round: $0.round + 1, left: count, most: $0.most) }
  }

  /// Returns once the caller may go on.
  public func pass() {
    let held = state.withLock { state -> Int? in
      if state.left > 0 {
        state.left -= 1
        return nil
      }
      state.held += 1
      state.most = max(state.most, state.held)
      return state.round
    }
    guard let held else { return }
    while state.withLock({ $0.round == held }) { usleep(1_000) }
  }
}
