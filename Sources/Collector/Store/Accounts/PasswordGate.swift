import Linux
public import OpenSSL
import Postgres
import Synchronization

/// Where passwords are hashed: never more than two at a time, since each takes 128 MiB and a good part
/// of a second; a bounded number wait, and the rest are told at once that it is busy.
public final class PasswordGate: Sendable {
  /// Why a password was neither hashed nor verified.
  public enum Problem: Error, Hashable, Sendable {
    /// Too many wait: ask again in a few seconds.
    case busy
  }

  /// How many are hashed at a time.
  public static let atOnce = 2

  private typealias Job = @Sendable () -> Void

  private let queue: BlockingQueue<Job>
  private let threads: Mutex<[DedicatedThread]>
  /// What new passwords are hashed with.
  private let parameters: PasswordHash.Parameters

  /// Starts the threads; `waiting` more passwords than are hashed may wait.
  public init(
    waiting: Int = 16, parameters: PasswordHash.Parameters = .standard
  ) throws(SystemError) {
    let queue = BlockingQueue<Job>(bound: waiting)
    self.queue = queue
    self.parameters = parameters
    var started: [DedicatedThread] = []
    do {
      for index in 0..<Self.atOnce {
        started.append(
          try DedicatedThread(name: "password-\(index)") {
            while let job = queue.take(upTo: 1).first { job() }
          })
      }
    } catch {
      queue.close()
      throw error
    }
    threads = Mutex(started)
  }

  deinit { queue.close() }

  /// Hashes a new password. Throws `Problem`, or `OpenSSLError` where there is no memory.
  public func hash(_ password: String) async throws -> PasswordHash {
    let parameters = parameters
    return try await run { try PasswordHash(hashing: password, parameters) }
  }

  /// Whether `password` is the one of `stored`. Where there is none, the same work is done and the
  /// answer is `false`, so that its time does not tell who has an account.
  public func verify(_ password: String, against stored: PasswordHash?) async throws -> Bool {
    let parameters = parameters
    return try await run {
      try (stored ?? PasswordHash.decoy(parameters)).matches(password)
    }
  }

  /// Whether a password that was just verified should be hashed anew and kept so.
  public func needsRehash(_ stored: PasswordHash) -> Bool { stored.needsRehash(parameters) }

  /// Takes no more, finishes what waits, ends the threads. Blocks.
  public func stop() {
    queue.close()
    let waiting = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in waiting { thread.join() }
  }

  private func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      switch queue.offer({ continuation.resume(with: Result { try body() }) }) {
      case .taken: break
      case .full, .closed: continuation.resume(throwing: Problem.busy)
      }
    }
  }
}
