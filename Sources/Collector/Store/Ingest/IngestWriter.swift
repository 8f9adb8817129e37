import Linux
import Postgres
import Synchronization

/// Takes verified batches from the sessions and stores them, effectively once.
///
/// One or two threads, each with a connection of its own; all batches of an agent go to the same
/// one, so that a stream's order is kept. A thread takes what is ready, up to a group's size, and
/// stores it in one transaction; while it commits, the next group gathers. It never waits for more
/// when it is idle.
public final class IngestWriter: Sendable {
  /// How a writer works.
  public struct Configuration: Sendable {
    /// Threads, each with a connection.
    public var threads = 2
    /// The most batches of one transaction.
    public var groupBatches = 64
    /// The most rows of one transaction, unless one batch alone has more.
    public var groupRows = 20_000
    /// The most batches that wait for a thread; more are answered `busy`.
    public var queuedBatches = 4096
    /// The most bytes that wait, in all threads.
    public var queuedBytes = 256 << 20

    public init() {}
  }

  /// What an operator should know: batches that were refused, a database that does not answer.
  public enum Trouble: Sendable {
    /// A batch can never be stored.
    case refused(IngestBatch.Place, PostgresError)
    /// The database does not take anything now.
    case unavailable(PostgresError)
    /// The connection was lost during COMMIT: the sessions concerned are ended.
    case outcomeUnknown(PostgresError)
  }

  private let queues: [BlockingQueue<IngestBatch>]
  private let threads: Mutex<[DedicatedThread]>
  private let waiting: Gauge
  private let queuedBytes: Int

  /// Starts the threads. `onTrouble` is called on them and must not block.
  public init(
    _ address: PostgresAddress, configuration: Configuration = Configuration(),
    onTrouble: @escaping @Sendable (Trouble) -> Void = { _ in }
  ) throws(PostgresError) {
    let waiting = Gauge()
    let count = max(1, configuration.threads)
    let queues = (0..<count).map { _ in
      BlockingQueue<IngestBatch>(bound: configuration.queuedBatches)
    }
    var started: [DedicatedThread] = []
    for (index, queue) in queues.enumerated() {
      do {
        started.append(
          try DedicatedThread(name: "ingest-\(index)") {
            let loop = IngestLoop(
              address, queue: queue, configuration: configuration, waiting: waiting,
              onTrouble: onTrouble)
            loop.run()
          })
      } catch {
        for queue in queues { queue.close() }
        throw PostgresError(.unavailable, "cannot start a thread for the database: \(error)")
      }
    }
    self.queues = queues
    self.waiting = waiting
    queuedBytes = configuration.queuedBytes
    threads = Mutex(started)
  }

  deinit {
    for queue in queues { queue.close() }
  }

  /// Takes a batch; its completion will be called. Batches of one stream are to be submitted in
  /// order, from one thread at a time.
  public func submit(_ batch: IngestBatch) {
    let weight = batch.weight
    guard waiting.add(weight) <= queuedBytes else {
      waiting.subtract(weight)
      batch.completion(.busy(retryMs: 500))
      return
    }
    let index = Int(batch.place.agentKey.magnitude) % queues.count
    switch queues[index].offer(batch) {
    case .taken: break
    case .full:
      waiting.subtract(weight)
      batch.completion(.busy(retryMs: 500))
    case .closed:
      waiting.subtract(weight)
      batch.completion(.unknown)
    }
  }

  /// Stores what was taken, takes nothing more, and returns when all is answered. Blocks: not to be
  /// called on a cooperative thread or an event loop.
  public func stop() {
    for queue in queues { queue.close() }
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
  }
}

/// The bytes that wait in all queues.
final class Gauge: Sendable {
  private let value = Atomic<Int>(0)

  @discardableResult
  func add(_ amount: Int) -> Int { value.add(amount, ordering: .relaxed).newValue }

  func subtract(_ amount: Int) { value.subtract(amount, ordering: .relaxed) }
}
