import Synchronization

/// How many answers of the store are on their way to event loops, which must not end before them.
final class Awaited: Sendable {
  private let count = Atomic<Int>(0)

  /// A question goes out.
  func enter() { count.add(1, ordering: .relaxed) }

  /// Its answer has come to its event loop.
  func leave() { count.subtract(1, ordering: .relaxed) }

  var isNone: Bool { count.load(ordering: .relaxed) <= 0 }
}
