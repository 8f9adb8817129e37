import Linux
import Synchronization

/// A few threads, each with a connection of its own, that run what is asked of them.
///
/// A lost connection is made anew for the next job; the job that lost it gets the error, since only
/// its owner knows whether it may run twice. A statement may take a minute and wait 20 s for a lock.
public final class PostgresPool: Sendable {
  private let queue: BlockingQueue<Job>
  private let threads: Mutex<[DedicatedThread]>
  /// What keeps one question from holding a thread for ever: the server gives it up.
  private static let limits: SQL = """
    SET statement_timeout = '60s'; SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '60s'
    """

  private typealias Job = @Sendable (Reconnector) -> Void

  /// Starts `size` threads; nothing connects before the first job. More than `bound` waiting jobs
  /// are refused.
  public init(
    _ address: PostgresAddress, size: Int = 4, bound: Int = 1024, application: String = "upblit"
  ) throws(PostgresError) {
    let queue = BlockingQueue<Job>(bound: bound)
    var started: [DedicatedThread] = []
    for index in 0..<max(1, size) {
      do {
        started.append(
          try DedicatedThread(name: "postgres-\(index)") {
            let reconnector = Reconnector(address, application: application) { connection in
              try connection.execute(PostgresPool.limits)
            }
            while let job = queue.take(upTo: 1).first { job(reconnector) }
          })
      } catch {
        queue.close()
        throw PostgresError(.unavailable, "cannot start a thread for the database: \(error)")
      }
    }
    self.queue = queue
    threads = Mutex(started)
  }

  deinit { queue.close() }

  /// Runs `body` on one of the threads with its connection, and returns what it returns.
  ///
  /// `body` may block. Throws what it throws; `unavailable` where the queue is full or the
  /// pool has stopped; what connecting threw where there is no connection. A transaction that
  /// `body` left open is rolled back.
  public func run<T: Sendable>(
    _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      submit(body) { result in continuation.resume(with: result) }
    }
  }

  /// As `run`, for callers who do not wait: `completion` is called once, on one of the threads or,
  /// where nothing can be asked, at once; it must not block.
  public func submit<T: Sendable>(
    _ body: @escaping @Sendable (Connection) throws -> T,
    completion: @escaping @Sendable (Result<T, any Error>) -> Void
  ) {
    let job: Job = { reconnector in
      let result = Result { try body(reconnector.current()) }
      if case .failure(let error) = result {
        reconnector.settle(after: error)
      } else {
        reconnector.settle()
      }
      completion(result)
    }
    switch queue.offer(job) {
    case .taken: break
    case .full:
      completion(
        .failure(PostgresError(.unavailable, "too many requests wait for the database")))
    case .closed:
      completion(
        .failure(PostgresError(.unavailable, "the connections to the database were closed")))
    }
  }

  /// Runs `body` in a transaction, again when it met another one (see `retryingTransaction`).
  public func transaction<T: Sendable>(
    _ begin: SQL = "BEGIN", _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    try await run { connection in try connection.retryingTransaction(begin, body) }
  }

  /// Takes no more jobs, runs those that wait, closes the connections; returns when all is done.
  /// Blocks: not to be called on a cooperative thread.
  public func stop() {
    queue.close()
    let waiting = threads.withLock { threads in
      let waiting = threads
      threads = []
      return waiting
    }
    for thread in waiting { thread.join() }
  }
}
