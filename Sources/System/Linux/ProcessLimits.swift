import CLinux

/// What the kernel allows this process, and what it has used.
public enum ProcessLimits {
  /// Raises the soft limit on open files to the hard one, or to `most`, and returns what now holds.
  public static func raiseOpenFiles(to most: UInt64 = 1 << 20) -> UInt64 {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    guard up_limit_of_open_files(&soft, &hard) == 0 else { return 1024 }
    let wanted = min(hard, most)
    if wanted > soft, up_set_limit_of_open_files(wanted, hard) == 0 { soft = wanted }
    return soft
  }

  /// The soft limit on open files (`RLIMIT_NOFILE`).
  public static func openFiles() -> UInt64 {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    guard up_limit_of_open_files(&soft, &hard) == 0 else { return 1024 }
    return soft
  }

  /// Whether one more file could be opened now.
  public static var canOpenFile: Bool {
    let raw = up_open("/dev/null", O_RDONLY | O_CLOEXEC, 0)
    guard raw >= 0 else { return false }
    _ = Descriptor(owning: raw)
    return true
  }

  /// Microseconds of processor time that this process has used, in user mode and in the kernel.
  public static func processorMicroseconds() -> (user: Int64, system: Int64) {
    var user = timeval()
    var system = timeval()
    guard up_process_times(&user, &system) == 0 else { return (0, 0) }
    return (
      Int64(user.tv_sec) * 1_000_000 + Int64(user.tv_usec),
      Int64(system.tv_sec) * 1_000_000 + Int64(system.tv_usec)
    )
  }
}
