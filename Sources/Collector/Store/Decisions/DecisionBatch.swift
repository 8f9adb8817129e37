import Postgres
import Quorum

/// Decisions that are written together.
///
/// Rows that others write as well are touched in the order of the monitors' keys, those of
/// `monitor_due` last: two that write to the same monitors wait for each other, never in a circle.
struct DecisionBatch {
  /// In the order of their keys.
  private(set) var decisions: [(input: DecisionInput, output: DecisionOutput)] = []
  /// What is to wait, and why.
  private(set) var putAside: [DecisionError]
  private var rows = DecisionRows()
  private var questions = QuestionRows()
  private var causes = CauseRows()
  private var verdicts: [[[SealedVerdict]]] = []

  init(putAside: [DecisionError] = []) {
    self.putAside = putAside
  }

  /// Takes one decision in; where it can't be put into rows, its monitor is put aside.
  mutating func add(_ input: DecisionInput, _ output: DecisionOutput) {
    do {
      verdicts.append(try rows.take(output, input))
      decisions.append((input, output))
    } catch {
      putAside.append(
        DecisionError(monitorKey: input.claim.monitorKey, "it can't be stored: \(error)"))
    }
  }

  /// Deals the questions of all to the seconds that have room for them. Locks the calendars of their
  /// hosts and agents until the transaction ends.
  mutating func deal(_ connection: Connection) throws(PostgresError) {
    questions = try QuestionRows.deal(decisions, connection)
  }

  /// Finds what the incidents have in common with those that are open. Locks the rows of their
  /// organizations until the transaction ends.
  mutating func correlate(_ connection: Connection) throws(PostgresError) {
    causes = try CauseRows.find(decisions, connection)
  }

  /// Writes everything in one exchange that ends in COMMIT.
  func write(_ connection: Connection) throws(PostgresError) {
    try connection.pipeline(commits: true) { pipeline throws(PostgresError) in
      try rows.add(to: &pipeline)
      try causes.addCauses(to: &pipeline)
      for ((input, output), verdicts) in zip(decisions, verdicts) {
        try output.add(input, verdicts, to: &pipeline)
      }
      try causes.addMembers(to: &pipeline)
      try questions.add(to: &pipeline)
      try addDue(&pipeline)
      try pipeline.add("COMMIT")
    }
  }

  /// Sets the next looks, unless somebody wished for an earlier one meanwhile.
  private func addDue(_ pipeline: inout Pipeline) throws(PostgresError) {
    let waiting = putAside.map(\.monitorKey)
    let keys = decisions.map(\.input.claim.monitorKey)
    try pipeline.add(
      """
      SELECT FROM monitor_due WHERE monitor_key = ANY ($1::int8[])
      ORDER BY monitor_key FOR NO KEY UPDATE
      """, keys + waiting)
    if !waiting.isEmpty { try pipeline.add(Self.postponing, waiting) }
    guard !keys.isEmpty else { return }
    try pipeline.add(
      """
      UPDATE monitor_due AS d SET due_at = CASE WHEN d.due_at = n.seen
        THEN coalesce(n.next, 'infinity') ELSE least(d.due_at, coalesce(n.next, 'infinity')) END
      FROM unnest($1::int8[], $2::timestamptz[], $3::timestamptz[]) AS n (monitor_key, seen, next)
      WHERE d.monitor_key = n.monitor_key
      """, keys, decisions.map(\.input.claim.dueAt),
      decisions.map { input, output in
        let next = input.hasMore ? output.state.steppedAt : output.wakeAt
        return next.map { Timestamp(milliseconds: $0) }
      })
  }

  /// Lets the monitors whose keys `$1` holds wait for half a minute.
  static let postponing: SQL = """
    UPDATE monitor_due SET due_at = now() + interval '30 seconds'
    WHERE monitor_key = ANY ($1::int8[])
    """
}
