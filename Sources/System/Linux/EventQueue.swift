import CLinux

/// What a descriptor is watched for, or found ready for (epoll(7)'s bits).
public struct Readiness: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  /// Reported whether asked for or not.
  public static let failed = Readiness(rawValue: EPOLLERR.rawValue)
  /// Reported whether asked for or not.
  public static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
}

/// An epoll instance: waits for many descriptors at once, to the microsecond.
///
/// Not `Sendable`: it belongs to the thread that waits on it.
public final class EventQueue {
  /// One descriptor that is ready.
  public struct Event: Sendable {
    /// What was given to `add` or `modify`.
    public let token: UInt64
    public let readiness: Readiness
  }

  private let queue: Descriptor
  private let events: UnsafeMutablePointer<epoll_event>
  private let capacity: Int

  /// - Parameter capacity: the most events one `wait` returns; at least 1.
  public init(capacity: Int = 256) throws(SystemError) {
    queue = try Descriptor.opened(epoll_create1(Int32(EPOLL_CLOEXEC)), by: "epoll_create1")
    self.capacity = max(1, capacity)
    events = .allocate(capacity: self.capacity)
    events.initialize(repeating: epoll_event(), count: self.capacity)
  }

  deinit {
    events.deallocate()
  }

  /// The queue's own descriptor, readable when an event waits.
  public var descriptor: Int32 { queue.raw }

  /// Begins to watch a descriptor.
  public func add(_ fd: Int32, for readiness: Readiness, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_ADD, fd, readiness, token, "epoll_ctl add")
  }

  /// Changes what a watched descriptor is watched for.
  public func modify(_ fd: Int32, for readiness: Readiness, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_MOD, fd, readiness, token, "epoll_ctl modify")
  }

  /// Stops watching a descriptor; closing it does the same.
  public func remove(_ fd: Int32) throws(SystemError) {
    try control(EPOLL_CTL_DEL, fd, [], 0, "epoll_ctl remove")
  }

  /// Waits until something is ready or time is up; an interrupting signal counts as time up.
  ///
  /// - Parameter nanoseconds: the longest wait; 0 or less only looks, `nil` waits for ever.
  /// - Returns: how many events are ready; read them by `event(_:)` before the next wait.
  public func wait(nanoseconds: Int64?) throws(SystemError) -> Int {
    let count: Int32
    if let nanoseconds {
      let left = max(0, nanoseconds)
      var timeout = timespec(
        tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      count = up_epoll_wait(queue.raw, events, Int32(capacity), &timeout)
    } else {
      count = up_epoll_wait(queue.raw, events, Int32(capacity), nil)
    }
    if count < 0 {
      let error = SystemError.last("epoll_pwait2")
      guard error.code == EINTR else { throw error }
      return 0
    }
    return Int(count)
  }

  /// The event at an index below what the last `wait` returned.
  public func event(_ index: Int) -> Event {
    precondition(index >= 0 && index < capacity)
    return Event(
      token: up_epoll_token(events + index),
      readiness: Readiness(rawValue: up_epoll_events(events + index)))
  }

  private func control(
    _ operation: Int32, _ fd: Int32, _ readiness: Readiness, _ token: UInt64, _ call: StaticString
  ) throws(SystemError) {
    guard up_epoll_control(queue.raw, operation, fd, readiness.rawValue, token) == 0 else {
      throw SystemError.last(call)
    }
  }
}
