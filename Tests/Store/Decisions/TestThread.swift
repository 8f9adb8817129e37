import Linux

/// A thread that a test starts and waits for.
struct TestThread {
  private let thread: DedicatedThread

  init(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
    thread = try DedicatedThread(name: name, body: body)
  }

  func join() { thread.join() }
}
