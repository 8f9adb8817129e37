import Linux

/// An answer that is read while it comes: an export, or events. It may be as long as it likes; what
/// nobody reads yet waits at the collector.
///
///     for try await piece in try await client.stream("/api/v1/audit.csv") { write(piece) }
public struct APIStream: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = APIError

  public let status: Int
  public let headers: [APIAnswer.Header]
  let tail: Tail

  /// Lets go of the transfer once nobody holds the stream or an iterator of it.
  final class Tail: Sendable {
    let pipe: StreamPipe
    init(_ pipe: StreamPipe) { self.pipe = pipe }
    deinit { pipe.abandon() }
  }

  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    let tail: Tail

    public mutating func next() async throws(APIError) -> [UInt8]? {
      while let piece = try await tail.pipe.next() {
        if case .body(let bytes) = piece { return bytes }
      }
      return nil
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(APIError) -> [UInt8]? {
      try await next()
    }
  }

  /// All iterators read from the one stream.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(tail: tail) }
}

extension APIClient {
  /// Asks for a body that is read piece by piece.
  ///
  /// - Parameter accept: the type that is wanted, such as `text/csv`.
  public func stream(
    _ path: String, _ query: [(name: String, value: String?)] = [], accept: String = "*/*"
  ) async throws(APIError) -> APIStream {
    var request = APIRequest("GET", path, query: query)
    request.accept = accept
    return try await stream(request)
  }

  /// Likewise, for a request of any kind.
  public func stream(_ request: APIRequest) async throws(APIError) -> APIStream {
    var order = try TransferOrder(request, configuration)
    order.isStream = true
    return try await repeating(order) { (order, attempt) async throws(APIError) in
      try await begun(order, attempt)
    }
  }

  private func begun(_ order: TransferOrder, _ attempt: Int) async throws(APIError) -> APIStream {
    let start = AgentClock.monotonicNanoseconds()
    func tell(_ answer: Result<TransferOutcome.Answer, APIError>) {
      guard let observer = configuration.observer else { return }
      var outcome = TransferOutcome(answer: answer)
      outcome.milliseconds = Int((AgentClock.monotonicNanoseconds() - start) / 1_000_000)
      observer(order.exchange(attempt, outcome))
    }
    do throws(APIError) {
      let pipe = try HandlePool.open(order)
      let tail = APIStream.Tail(pipe)
      async let _: Void = pipe.finish(
        unlessBegunWithin: configuration.timeoutMs,
        .timedOut(server, milliseconds: configuration.timeoutMs))
      guard case .head(let status, let headers)? = try await pipe.next() else {
        throw APIError.notACollector(server, status: 0)
      }
      guard !(200..<300).contains(status) else {
        tell(.success(TransferOutcome.Answer(status: status, headers: headers, body: [])))
        return APIStream(status: status, headers: headers, tail: tail)
      }
      var body: [UInt8] = []
      while case .body(let bytes)? = try await pipe.next(), body.count < Self.refusalLimit {
        body += bytes
      }
      let answer = TransferOutcome.Answer(status: status, headers: headers, body: body)
      tell(.success(answer))
      throw refusal(answer)
    } catch {
      if case .problem = error {} else { tell(.failure(error)) }
      throw error
    }
  }

  /// How many bytes of a refusal are read.
  private static var refusalLimit: Int { 1 << 20 }
}
