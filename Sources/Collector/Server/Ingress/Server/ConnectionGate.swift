import Synchronization

/// Counts the connections, and by address those that have not proven themselves, and refuses what is
/// beyond the bounds.
final class ConnectionGate: Sendable {
  /// Why a connection is refused.
  enum Refusal: Hashable, Sendable {
    /// As many are open as may be.
    case full
    /// Too many have not proven themselves, in all or from its address.
    case tooManyUnproven
  }

  private struct Counts {
    var open = 0
    var unproven = 0
    var unprovenByAddress: [String: Int] = [:]
  }

  private let counts = Mutex(Counts())
  private let limits: IngressLimits

  init(limits: IngressLimits) { self.limits = limits }

  /// Counts a new connection from `address`, unless it is one too many.
  func enter(_ address: String) -> Refusal? {
    counts.withLock { counts in
      guard counts.open < limits.connections else { return .full }
      let present = counts.unprovenByAddress[address] ?? 0
      guard counts.unproven < limits.unauthenticated, present < limits.unauthenticatedPerAddress
      else { return .tooManyUnproven }
      counts.open += 1
      counts.unproven += 1
      counts.unprovenByAddress[address] = present + 1
      return nil
    }
  }

  /// A connection that had been counted has proven itself or is gone.
  func prove(_ address: String) {
    counts.withLock { counts in
      counts.unproven -= 1
      let present = (counts.unprovenByAddress[address] ?? 1) - 1
      counts.unprovenByAddress[address] = present > 0 ? present : nil
    }
  }

  /// A connection that had been counted is gone.
  func leave() { counts.withLock { $0.open -= 1 } }

  /// Whether as many are open as may be.
  var isFull: Bool { counts.withLock { $0.open >= limits.connections } }
}
