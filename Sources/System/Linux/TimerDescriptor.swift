import CLinux

/// A timerfd on `CLOCK_MONOTONIC`: becomes readable at a given time.
public struct TimerDescriptor: ~Copyable, Sendable {
  private let timer: Descriptor

  public init() throws(SystemError) {
    timer = try Descriptor.opened(
      timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK)),
      by: "timerfd_create")
  }

  /// Watch this for `.readable`.
  public var descriptor: Int32 { timer.raw }

  /// Goes off once at a time of `AgentClock.monotonicNanoseconds()`; a time past goes off at once,
  /// `nil` never.
  public func set(at nanoseconds: Int64?) throws(SystemError) {
    var setting = itimerspec()
    if let nanoseconds {
      // A zero would disarm the timer.
      let time = max(1, nanoseconds)
      setting.it_value.tv_sec = Int(time / 1_000_000_000)
      setting.it_value.tv_nsec = Int(time % 1_000_000_000)
    }
    guard timerfd_settime(timer.raw, 1 << 0, &setting, nil) == 0 else {
      throw SystemError.last("timerfd_settime")
    }
  }

  /// Makes the descriptor silent again.
  public func drain() {
    var count: UInt64 = 0
    _ = read(timer.raw, &count, 8)
  }
}
