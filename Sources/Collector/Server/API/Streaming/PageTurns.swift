/// Lets only so many pages be read at once, so that exports leave the store's connections to others.
actor PageTurns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  /// Runs `body` when it is its turn, in the order in which it was asked for.
  func take<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
    defer { pass() }
    return try await body()
  }

  private func pass() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
