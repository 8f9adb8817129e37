import JSON
import Postgres
import Store

/// A list that is told whole, page by page, however long it is.
struct ExportSource<Position: Sendable>: Sendable {
  /// What the members of CSV are: the paths of members of a row, with dots between their parts.
  var columns: [String]
  /// Reads at most so many rows after a position, each with its own.
  var read:
    @Sendable (_ after: Position?, _ limit: Int, _ connection: Connection) throws
      -> [(row: JSONObject, position: Position)]
}

/// How rows are written.
enum ExportFormat: String, Sendable, CaseIterable {
  case csv
  case ndjson

  var type: String {
    switch self {
    case .csv: "text/csv"
    case .ndjson: "application/x-ndjson"
    }
  }

  func head(_ columns: [String]) -> [UInt8] {
    switch self {
    case .csv: CSVText.line(columns.map { .string($0) })
    case .ndjson: []
    }
  }

  func line(_ row: JSONObject, _ columns: [String]) -> [UInt8] {
    switch self {
    case .csv: CSVText.line(columns.map { CSVText.value($0, of: row) })
    case .ndjson: JSONValue.object(row).bytes + [0x0a]
    }
  }
}

/// Sends lists as streams: each page is read when the reader has taken the one before, so that neither
/// memory nor a connection of the store is held for a slow one.
enum Export {
  private static let pageSize = 500

  /// The routes `PATH.csv` and `PATH.ndjson` of a list, named `ID` with the format behind it.
  static func routes<Position: Sendable>(
    _ path: String, _ access: Route.Access, _ id: String, _ tag: Operation.Tag, _ summary: String,
    query: [Parameter],
    source: @escaping @Sendable (APIRequest, APIContext) async throws -> ExportSource<Position>
  ) -> [Route] {
    ExportFormat.allCases.map { format in
      let name = format == .csv ? "CSV" : "NDJSON"
      return .get(
        PathPattern(stringLiteral: "\(path).\(format.rawValue)"), access,
        Operation(
          id + (format == .csv ? "CSV" : "NDJSON"), tag, "\(summary) as \(name)",
          "All of them, in the order of the list, as a stream. One that breaks off is not whole: its "
            + "connection ends without the last chunk."
            + (format == .csv
              ? " Texts that begin like a formula have a quote before them." : ""),
          query: query,
          answer: .stream(format.type, "The rows."), refusals: [.overloaded])
      ) { request, context in
        try await answer(source(request, context), as: format, request, context)
      }
    }
  }

  /// The first page is read before anything is answered, so that what goes wrong is told as a problem.
  private static func answer<Position: Sendable>(
    _ source: ExportSource<Position>, as format: ExportFormat, _ request: APIRequest,
    _ context: APIContext
  ) async throws -> APIAnswer {
    let place = try context.streams.exports.enter(request.caller.payerID)
    let scopes = try request.caller.scopes
    let first = try await page(source, after: nil, format, context)
    let body = StreamBody(type: format.type) { writer in
      var bytes = format.head(source.columns)
      var page = first
      var knownAt = ContinuousClock.now
      while true {
        try await writer.write(bytes + page.bytes)
        guard let position = page.next else { break }
        // A half is never ended as if it were the whole.
        if writer.isStopping { throw CancellationError() }
        bytes = []
        if knownAt.duration(to: .now) > .seconds(30) {
          guard try await isStillWelcome(request, scopes) else { throw CancellationError() }
          knownAt = .now
        }
        page = try await Self.page(source, after: position, format, context)
      }
      place.stay()
    }
    return APIAnswer(status: 200, body: .stream(body))
  }

  /// Whether whoever asked may do in the same organization all that they might at the start. A store
  /// that can't be asked says nothing about anybody.
  private static func isStillWelcome(
    _ request: APIRequest, _ scopes: Set<Scope>
  ) async throws -> Bool {
    guard let identify = request.identifyAgain else { return true }
    do {
      let now = try await identify()
      return now.organization == (try request.caller.organization)
        && now.scopes.isSuperset(of: scopes)
    } catch is PostgresError {
      return true
    }
  }

  private static func page<Position: Sendable>(
    _ source: ExportSource<Position>, after position: Position?, _ format: ExportFormat,
    _ context: APIContext
  ) async throws -> (bytes: [UInt8], next: Position?) {
    try await context.streams.turns.take {
      try await context.store.run { connection in
        let rows = try source.read(position, pageSize, connection)
        let bytes = rows.flatMap { format.line($0.row, source.columns) }
        return (bytes, rows.count == pageSize ? rows.last?.position : nil)
      }
    }
  }
}
