import JSON
import Model
import Postgres
import Quorum

/// A monitor's logged steps in their order, with those that follow at hand.
struct StepSource {
  /// One row of the log.
  struct Item {
    var step: LoggedStep
    var engine: Int32
    /// The state before it, where it is stored and this engine knows its meaning.
    var before: MonitorState?
  }

  private static let pageSize: Int64 = 200

  /// How many rows could not be read.
  private(set) var unreadable = 0
  private let monitor: Int64
  private let until: Timestamp
  private let connection: Connection
  private var items: [Item] = []
  private var last: Int64
  private var isAtEnd = false

  /// The steps from number `first` on that were taken before `until`.
  init(monitor: Int64, from first: Int64, until: Timestamp, _ connection: Connection) {
    self.monitor = monitor
    self.until = until
    self.connection = connection
    last = first - 1
  }

  /// The next row; `nil` after the last.
  mutating func next() throws -> Item? {
    try fill()
    return items.isEmpty ? nil : items.removeFirst()
  }

  /// The steps after the one that was last given, as far as a backtest looks ahead.
  var following: [LoggedStep] { items.map(\.step) }

  private mutating func fill() throws {
    while !isAtEnd {
      if let next = items.first?.step.event.at, let end = items.last?.step.event.at,
        end > next &+ Backtest.aheadMs
      {
        return
      }
      let rows = try connection.query(
        """
        SELECT number, engine, event, directives, before FROM quorum_log
        WHERE monitor_key = $1 AND number > $2 AND at < $3 ORDER BY number LIMIT $4
        """, monitor, last, until, Self.pageSize)
      for row in rows { try take(row) }
      isAtEnd = rows.count < Int(Self.pageSize)
    }
  }

  private mutating func take(_ row: Row) throws(PostgresError) {
    let number = try row.get(0, as: Int64.self)
    let engine = try row.get(1, as: Int32.self)
    last = number
    // A step that wanted nothing has no list.
    var directives = try row.jsonIfAny(3) ?? .null
    if directives.isNull { directives = .array([]) }
    guard let event: Event = try? Tree.read(from: row.json(2)),
      let wanted: [Directive] = try? Tree.read(from: directives)
    else {
      unreadable += 1
      return
    }
    var before = try row.jsonIfAny(4).flatMap { try? Tree.read(MonitorState.self, from: $0) }
    if before?.version != MonitorState.currentVersion { before = nil }
    items.append(
      Item(
        step: LoggedStep(number: number, event: event, directives: wanted), engine: engine,
        before: before))
  }
}
