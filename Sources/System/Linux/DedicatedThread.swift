import CLinux
import Synchronization

/// A thread of its own for work that blocks or must not wait for Swift's shared threads.
///
/// It and the threads that it starts take no signals but those of their own crashes, so that signals
/// reach the main thread, and writing to a closed connection is an error and not the process's end.
public final class DedicatedThread: Sendable {
  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// The thread until someone has joined it.
  private let thread: Mutex<pthread_t?>

  /// Starts `body` on a new thread.
  ///
  /// - Parameters:
  ///   - name: shown by ps and top; the first 15 bytes count.
  ///   - stackSize: bytes; at least 64 KiB.
  public init(
    name: String, stackSize: Int = 1 << 20, body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    var attributes = pthread_attr_t()
    var code = pthread_attr_init(&attributes)
    guard code == 0 else { throw SystemError("pthread_attr_init", code: code) }
    defer { pthread_attr_destroy(&attributes) }
    code = pthread_attr_setstacksize(&attributes, max(1 << 16, stackSize))
    guard code == 0 else { throw SystemError("pthread_attr_setstacksize", code: code) }
    let context = Unmanaged.passRetained(Body(name: name, run: body))
    var thread = pthread_t()
    code = pthread_create(
      &thread, &attributes,
      { @Sendable context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        _ = up_name_this_thread(body.name)
        var signals = sigset_t()
        sigfillset(&signals)
        for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
          sigdelset(&signals, crash)
        }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        body.run()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw SystemError("pthread_create", code: code)
    }
    self.thread = Mutex(thread)
  }

  deinit {
    thread.withLock { thread in
      if let thread { pthread_detach(thread) }
    }
  }

  /// Waits until the body has returned; only the first caller waits. Never call it on the thread
  /// itself.
  public func join() {
    let waitFor = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let waitFor { pthread_join(waitFor, nil) }
  }
}
