import Linux

/// Runs what blocks on a thread of its own, so that the few threads that all tests share stay free.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    do {
      _ = try DedicatedThread(name: "blocking") { continuation.resume(returning: body()) }
    } catch {
      continuation.resume(returning: body())
    }
  }
}

/// Waits a moment, or until a condition holds, at most `seconds`.
func poll(seconds: Int64 = 60, until holds: @escaping @Sendable () -> Bool) async {
  await offPool {
    let end = AgentClock.monotonicNanoseconds() + seconds * 1_000_000_000
    while !holds(), AgentClock.monotonicNanoseconds() < end {
      waitForSockets([], timeoutMs: 5)
    }
  }
}
