import Postgres

/// One writing thread: takes groups, stores them, answers every batch.
struct IngestLoop {
  private let queue: BlockingQueue<IngestBatch>
  private let configuration: IngestWriter.Configuration
  private let waiting: Gauge
  private let onTrouble: @Sendable (IngestWriter.Trouble) -> Void
  private let reconnector: Reconnector

  /// How often a transaction that met another is run before its batches are sent back.
  private static let attempts = 5

  init(
    _ address: PostgresAddress, queue: BlockingQueue<IngestBatch>,
    configuration: IngestWriter.Configuration, waiting: Gauge,
    onTrouble: @escaping @Sendable (IngestWriter.Trouble) -> Void
  ) {
    self.queue = queue
    self.configuration = configuration
    self.waiting = waiting
    self.onTrouble = onTrouble
    reconnector = Reconnector(address, application: "upblit ingest") { connection in
      try connection.execute(
        """
        SET synchronous_commit = on; SET statement_timeout = '30s'; SET lock_timeout = '10s';
        SET idle_in_transaction_session_timeout = '60s'; SET jit = off
        """)
    }
  }

  /// Runs until the queue is closed and drained.
  func run() {
    while true {
      let taken = queue.take(upTo: configuration.groupBatches)
      if taken.isEmpty { return }
      var start = 0
      while start < taken.count {
        let end = groupEnd(taken, from: start)
        store(Array(taken[start..<end]))
        start = end
      }
      waiting.subtract(taken.reduce(0) { $0 + $1.weight })
    }
  }

  private func groupEnd(_ batches: [IngestBatch], from start: Int) -> Int {
    var end = start + 1
    var rows = batches[start].rowCount
    while end < batches.count, rows + batches[end].rowCount <= configuration.groupRows {
      rows += batches[end].rowCount
      end += 1
    }
    return end
  }

  /// Stores a group; where it fails for what it holds, each of its batches alone.
  private func store(_ group: [IngestBatch]) {
    switch attempt(group) {
    case .success(let outcomes):
      answer(group, outcomes)
    case .failure(let error) where error.kind == .rejectedData && group.count > 1:
      for batch in group { store([batch]) }
    case .failure(let error):
      let outcome = outcome(of: error, group)
      answer(group, Array(repeating: outcome, count: group.count))
    }
  }

  private func answer(_ group: [IngestBatch], _ outcomes: [IngestOutcome]) {
    for (batch, outcome) in zip(group, outcomes) { batch.completion(outcome) }
  }

  /// Runs the transaction, again where that can help: after a meeting with another one, and once
  /// when the partition of a day was not there yet.
  private func attempt(_ group: [IngestBatch]) -> Result<[IngestOutcome], PostgresError> {
    var left = Self.attempts
    var mayMakePartitions = true
    while true {
      left -= 1
      do {
        let outcomes = try IngestTransaction.store(group, reconnector.current())
        reconnector.settle()
        return .success(outcomes)
      } catch {
        reconnector.settle(after: error)
        let error = (error as? PostgresError) ?? PostgresError(.bug, "\(error)")
        if error.kind == .retry, left > 0 { continue }
        if error.isMissingPartition, mayMakePartitions {
          mayMakePartitions = false
          if let connection = try? reconnector.current(),
            // another may have made it in between: then there is nothing left to make
            (try? ResultPartitions.ensure(connection)) != nil
          {
            continue
          }
        }
        return .failure(error)
      }
    }
  }

  /// What the agent is told after an error, by the reaction that the error calls for.
  private func outcome(of error: PostgresError, _ group: [IngestBatch]) -> IngestOutcome {
    switch error.kind {
    case .rejectedData:
      for batch in group { onTrouble(.refused(batch.place, error)) }
      return .refused(error.description)
    case .outcomeUnknown:
      onTrouble(.outcomeUnknown(error))
      return .unknown
    case .retry:
      return .busy(retryMs: 200)
    case .reconnect:
      onTrouble(.unavailable(error))
      return .busy(retryMs: 500)
    case .unavailable, .giveUp, .bug:
      // A fault of ours or of the installation is no reason to lose what the agent holds.
      onTrouble(.unavailable(error))
      return .busy(retryMs: 2000)
    }
  }
}
