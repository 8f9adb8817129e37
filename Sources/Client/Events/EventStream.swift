/// What happens in an organization, while it does, without an end: a connection that breaks is made
/// again and goes on behind the last event that came, if the collector still has what followed.
///
///     for try await event in client.events() { print(event.name, event.json.text) }
///
/// Throws what no new connection can mend: a refusal, or a peer that is no collector.
public struct EventStream: AsyncSequence, Sendable {
  public typealias Element = ServerEvent
  public typealias Failure = APIError

  let client: APIClient
  let path: String
  let query: [(name: String, value: String?)]
  let lastEventID: String?
  /// Hears why a connection ended, before the next is made.
  let onBreak: (@Sendable (APIError?) -> Void)?

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    private let events: EventStream
    private var pieces: APIStream.AsyncIterator?
    private var parser = EventParser()
    private var waiting: [ServerEvent] = []
    private var lastID: String?
    private var retryMs = 1_000
    /// Connections that ended one after another without a single event.
    private var failures = 0

    init(_ events: EventStream) {
      self.events = events
      lastID = events.lastEventID
    }

    public mutating func next() async throws(APIError) -> ServerEvent? {
      while waiting.isEmpty {
        do throws(APIError) {
          try await read()
        } catch {
          try await rest(after: error)
        }
      }
      return waiting.removeFirst()
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(APIError) -> ServerEvent? {
      try await next()
    }

    /// Reads one piece, and connects before where there is no connection.
    private mutating func read() async throws(APIError) {
      if pieces == nil {
        var request = APIRequest("GET", events.path, query: events.query)
        request.accept = "text/event-stream"
        request.lastEventID = lastID
        let stream = try await events.client.stream(request)
        let type = stream.headers.last { $0.name == "content-type" }?.value ?? ""
        guard type.lowercased().hasPrefix("text/event-stream") else {
          throw .notACollector(events.client.server, status: stream.status)
        }
        pieces = stream.makeAsyncIterator()
        parser = EventParser()
      }
      guard let piece = try await pieces?.next() else {
        return try await rest(after: nil)
      }
      do throws(EventParser.Overflow) {
        waiting = try parser.take(piece)
      } catch {
        throw .tooLong(events.client.server, limit: EventParser.limit)
      }
      if let id = parser.lastID { lastID = id }
      if let asked = parser.retryMs { retryMs = Swift.max(asked, 500) }
      if !waiting.isEmpty { failures = 0 }
    }

    /// Waits before the next connection, longer from one failure to the next.
    private mutating func rest(after error: APIError?) async throws(APIError) {
      pieces = nil
      if let error, !Self.mayPass(error) { throw error }
      events.onBreak?(error)
      failures = Swift.min(failures + 1, 6)
      var most = Swift.min(retryMs << (failures - 1), 60_000)
      if case .problem(let problem)? = error, let seconds = problem.retryAfterSeconds {
        most = Swift.max(most, 2_000 * Swift.min(Swift.max(0, seconds), 3600))
      }
      let pause = Int.random(in: most / 2...most)
      do { try await Task.sleep(for: .milliseconds(pause)) } catch { throw .cancelled }
    }

    /// Whether another try may come out otherwise.
    private static func mayPass(_ error: APIError) -> Bool {
      switch error {
      case .unreachable, .timedOut: true
      case .problem(let problem): problem.status == 429 || problem.status >= 500
      case .notACollector(_, let status): status >= 500
      case .badAddress, .insecure, .unsendable, .tooLong, .endlessList, .session, .cancelled: false
      }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

extension APIClient {
  /// What happens from now on, or behind the event of this id.
  ///
  /// - Parameter onBreak: hears whenever the connection is made again, and why.
  public func events(
    _ query: [(name: String, value: String?)] = [], after lastEventID: String? = nil,
    onBreak: (@Sendable (APIError?) -> Void)? = nil
  ) -> EventStream {
    EventStream(
      client: self, path: "/api/v1/events", query: query, lastEventID: lastEventID,
      onBreak: onBreak)
  }
}
