import Synchronization

/// Counts up from 1, for each name apart.
final class TestCounter: Sendable {
  private let counts = Mutex([Int: Int64]())

  func next(_ name: Int) -> Int64 {
    counts.withLock {
      $0[name, default: 0] += 1
      return $0[name, default: 0]
    }
  }
}
