import JSON
import Postgres
import Quorum

/// A monitor whose row of `quorum_state` this transaction has locked, to be stepped.
struct DecisionClaim {
  var monitorKey: Int64
  /// As it stood when it was claimed.
  var dueAt: Timestamp
  var state: MonitorState
  var log: LogHead

  /// Which monitors are wanted.
  enum Wanted {
    /// Those that have been due longest, so many at most.
    case longestDue(Int32)
    /// This one, if it is due.
    case only(Int64)
  }

  /// What was claimed, in the order of keys.
  struct Claims {
    var ready: [DecisionClaim] = []
    /// Claimed as well, but their state can't be read.
    var unreadable: [DecisionError] = []

    var keys: [Int64] { (ready.map(\.monitorKey) + unreadable.map(\.monitorKey)).sorted() }
  }

  /// Opens a transaction and claims due monitors that nobody else is stepping. The rows' locks last
  /// as long as the transaction; nobody is waited for.
  static func take(
    _ wanted: Wanted, _ connection: Connection
  ) throws(PostgresError) -> Claims {
    let answers = try connection.pipeline { pipeline throws(PostgresError) in
      try pipeline.add("BEGIN")
      switch wanted {
      case .longestDue(let count):
        try pipeline.add(
          columns + "WHERE d.due_at <= now() ORDER BY d.due_at LIMIT $1" + locking, count)
      case .only(let key):
        try pipeline.add(
          columns + "WHERE d.due_at <= now() AND d.monitor_key = $1" + locking, key)
      }
    }
    var claims = Claims()
    for row in answers.last.map(Array.init) ?? [] {
      let monitorKey = try row.get(0, as: Int64.self)
      let dueAt = try row.get(1, as: Timestamp.self)
      let state = try row.get(2, as: JSONText.self)
      let log = LogHead(
        number: try row.get(3), snapshot: try row.get(4), engine: try row.get(5),
        verdictDigest: try row.get(6))
      do {
        claims.ready.append(
          DecisionClaim(
            monitorKey: monitorKey, dueAt: dueAt, state: try decode(state.text), log: log))
      } catch {
        claims.unreadable.append(
          DecisionError(monitorKey: monitorKey, "its stored state can't be read: \(error)"))
      }
    }
    // Whoever writes to several monitors does it in this order.
    claims.ready.sort { $0.monitorKey < $1.monitorKey }
    return claims
  }

  private static let columns: SQL = """
    SELECT d.monitor_key, d.due_at, s.state, s.log_number, s.log_snapshot, s.log_engine,
      s.verdict_digest
    FROM monitor_due d JOIN quorum_state s USING (monitor_key)

    """

  private static let locking: SQL = " FOR UPDATE OF s SKIP LOCKED"

  private static func decode(_ text: String) throws -> MonitorState {
    if text == "null" { return MonitorState() }
    let tree = try JSONValue(parsing: text)
    if let version = tree["version"]?.integerValue, version != MonitorState.currentVersion {
      return MonitorState()
    }
    return try Tree.read(from: tree)
  }
}
