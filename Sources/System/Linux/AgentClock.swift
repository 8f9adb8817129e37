import CLinux

/// Agent time: the wall clock read once at the start of the process, plus the time since then by
/// `CLOCK_BOOTTIME`. It never steps and goes on through suspends.
///
/// Make one for the process and hand out copies: two clocks started apart differ by whatever the
/// wall clock was stepped between them.
public struct AgentClock: Sendable {
  private let wallAtStart: Int64
  private let bootTimeAtStart: Int64

  /// Reads the wall clock now.
  public init() {
    self.init(wallNanoseconds: Self.nanoseconds(of: CLOCK_REALTIME))
  }

  /// Starts agent time now at a given wall time, nanoseconds since 1970.
  public init(wallNanoseconds: Int64) {
    wallAtStart = wallNanoseconds
    bootTimeAtStart = Self.nanoseconds(of: CLOCK_BOOTTIME)
  }

  /// Agent time in milliseconds since 1970.
  public func nowMs() -> Int64 { nowNanoseconds() / 1_000_000 }

  /// Agent time in microseconds since 1970.
  public func nowMicroseconds() -> Int64 { nowNanoseconds() / 1_000 }

  /// Agent time in nanoseconds since 1970.
  public func nowNanoseconds() -> Int64 {
    wallAtStart + (Self.nanoseconds(of: CLOCK_BOOTTIME) - bootTimeAtStart)
  }

  /// `CLOCK_MONOTONIC` in nanoseconds: for durations and deadlines inside the process.
  public static func monotonicNanoseconds() -> Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

  /// The wall clock in milliseconds since 1970, as it stands now; it may step.
  public static func wallMs() -> Int64 { nanoseconds(of: CLOCK_REALTIME) / 1_000_000 }

  private static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    // Fails only for clocks that do not exist.
    _ = clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
