import Synchronization

/// Something that happens once, seen from any thread.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  func raise() { value.store(true, ordering: .relaxed) }

  var isRaised: Bool { value.load(ordering: .relaxed) }
}
