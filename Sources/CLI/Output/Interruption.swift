import Glibc
import Synchronization

/// Takes note of Ctrl-C and of a wish to end, in place of ending at once.
///
/// By handlers, which run on whatever thread there is: the runtime has threads of its own before any
/// command begins, and a mask would hold for none of these.
enum Interruption {
  private static let last = Atomic<Int32>(0)

  /// From now on these signals are noted.
  static func note() {
    // Made before a handler may look at it.
    last.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { Interruption.last.store($0, ordering: .relaxed) }
    }
  }

  /// The signal that came since the last look; `nil` for none.
  static func take() -> Int32? {
    let number = last.exchange(0, ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
