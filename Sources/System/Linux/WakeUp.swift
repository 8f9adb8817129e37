import CLinux

/// An eventfd by which any thread wakes one that waits on an `EventQueue`.
public struct WakeUp: ~Copyable, Sendable {
  private let event: Descriptor

  public init() throws(SystemError) {
    event = try Descriptor.opened(
      eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)), by: "eventfd")
  }

  /// Watch this for `.readable`.
  public var descriptor: Int32 { event.raw }

  /// Makes the descriptor readable. Safe from every thread, and from a signal handler.
  public func signal() {
    var one: UInt64 = 1
    // Fails only when the counter is full, and then the descriptor is readable already.
    _ = write(event.raw, &one, 8)
  }

  /// Makes the descriptor silent again, however many signals came.
  public func drain() {
    var count: UInt64 = 0
    _ = read(event.raw, &count, 8)
  }
}
