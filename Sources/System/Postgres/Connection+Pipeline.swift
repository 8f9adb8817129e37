import CPostgres

extension Connection {
  /// Sends several statements at once and then reads their answers: one round trip for all.
  ///
  /// The first that fails makes the server skip the rest, and is thrown. A pipeline that ends in
  /// `COMMIT` must say so by `commits`, so that a connection lost on the way is told as
  /// `outcomeUnknown`; the transaction of a failed pipeline is left open for `rollback()`.
  @discardableResult
  public func pipeline(
    commits: Bool = false, _ fill: (inout Pipeline) throws(PostgresError) -> Void
  ) throws(PostgresError) -> [Rows] {
    try forgetIfNeeded()
    guard PQenterPipelineMode(handle) == 1 else { throw lostConnection() }
    var pipeline = Pipeline(connection: self)
    var failure: PostgresError?
    do {
      try fill(&pipeline)
    } catch {
      failure = error
    }
    guard PQpipelineSync(handle) == 1 else {
      throw commits ? unknownOutcome() : lostConnection()
    }
    var answers: [Rows] = []
    answers.reserveCapacity(pipeline.expected.count)
    for step in pipeline.expected {
      if let rows = readStep(step, into: &failure), !step.isPrepare { answers.append(rows) }
    }
    finishPipeline(&failure)
    if let failure {
      if commits, PQstatus(handle) != CONNECTION_OK { throw unknownOutcome() }
      throw failure
    }
    if commits, answers.last?.commandTag != "COMMIT" {
      throw PostgresError(.bug, "COMMIT of a transaction that had failed")
    }
    return answers
  }

  /// Reads one statement's answer and the end that follows it.
  private func readStep(_ step: Pipeline.Step, into failure: inout PostgresError?) -> Rows? {
    var answer: Rows?
    while let result = PQgetResult(handle) {
      if PQresultStatus(result) == PGRES_PIPELINE_ABORTED {
        if step.isPrepare { forget(step.sql) }
        PQclear(result)
        continue
      }
      do {
        answer = try rows(result)
      } catch {
        if step.isPrepare { forget(step.sql) }
        if failure == nil { failure = error }
      }
      if PQstatus(handle) != CONNECTION_OK { return nil }
    }
    return answer
  }

  private func finishPipeline(_ failure: inout PostgresError?) {
    guard PQstatus(handle) == CONNECTION_OK else {
      if failure == nil { failure = lostConnection() }
      return
    }
    if let sync = PQgetResult(handle) { PQclear(sync) }
    if PQexitPipelineMode(handle) != 1, failure == nil { failure = lostConnection() }
  }
}

/// The statements of one pipeline while it is filled.
public struct Pipeline {
  let connection: Connection
  var expected: [Step] = []

  struct Step {
    var sql: SQL
    var isPrepare: Bool
  }

  init(connection: Connection) {
    self.connection = connection
  }

  /// Adds one statement; its answer stands at the same position in what the pipeline returns.
  public mutating func add(
    _ sql: SQL, _ values: any PostgresValue...
  ) throws(PostgresError) {
    connection.parameters.fill(values)
    let prepared = try connection.sendPrepare(sql)
    if prepared.sent { expected.append(Step(sql: sql, isPrepare: true)) }
    let sent = connection.parameters.withPointers { count, values, lengths, formats in
      PQsendQueryPrepared(
        connection.handle, prepared.name, count, values, lengths, formats, 1)
    }
    guard sent == 1 else { throw connection.lostConnection() }
    expected.append(Step(sql: sql, isPrepare: false))
  }
}
