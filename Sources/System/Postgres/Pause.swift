#if canImport(Glibc)
  import Glibc
#endif

/// Waits of a thread that has nothing else to do.
enum Pause {
  /// Blocks the calling thread.
  static func milliseconds(_ count: Int) {
    usleep(UInt32(clamping: count) &* 1000)
  }
}
