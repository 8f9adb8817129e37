import CLinux

/// The signals of a process as something that can be waited for, instead of handlers.
public struct SignalQueue: ~Copyable, Sendable {
  private let queue: Descriptor

  /// Blocks these signals for this thread and those that it starts later, and queues them here. Call
  /// it before any other thread is started.
  public init(_ signals: [Int32]) throws(SystemError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    let code = pthread_sigmask(SIG_BLOCK, &set, nil)
    guard code == 0 else { throw SystemError("pthread_sigmask", code: code) }
    queue = try Descriptor.opened(
      signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)), by: "signalfd")
  }

  /// Readable while a signal waits.
  public var descriptor: Int32 { queue.raw }

  /// The next signal that came; `nil` where none waits.
  public func next() -> Int32? {
    var found = signalfd_siginfo()
    let count = read(queue.raw, &found, MemoryLayout<signalfd_siginfo>.size)
    return count == MemoryLayout<signalfd_siginfo>.size ? Int32(found.ssi_signo) : nil
  }

  /// Writing to a connection that is gone becomes an error instead of the end of the process.
  public static func ignoreBrokenPipes() {
    up_ignore_signal(SIGPIPE)
  }
}
