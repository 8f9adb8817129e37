import Synchronization

/// Counts the connections that have not proven themselves, in all and by address, and refuses what
/// is beyond the bounds.
final class ConnectionGate: Sendable {
  private struct Counts {
    var all = 0
    var byAddress: [String: Int] = [:]
  }

  private let counts = Mutex(Counts())
  private let limits: IngressLimits

  init(limits: IngressLimits) { self.limits = limits }

  /// Counts a new connection from `address`; `false` where it is one too many.
  func enter(_ address: String) -> Bool {
    counts.withLock { counts in
      let present = counts.byAddress[address] ?? 0
      guard counts.all < limits.unauthenticated, present < limits.unauthenticatedPerAddress else {
        return false
      }
      counts.all += 1
      counts.byAddress[address] = present + 1
      return true
    }
  }

  /// A connection that had been counted has proven itself or is gone.
  func leave(_ address: String) {
    counts.withLock { counts in
      counts.all -= 1
      let present = (counts.byAddress[address] ?? 1) - 1
      counts.byAddress[address] = present > 0 ? present : nil
    }
  }
}
