/// One server that table tests share; it ends with the process.
enum SharedAPI {
  private static let task = Task<TestAPI, any Error> {
    let (servers, continuation) = AsyncThrowingStream.makeStream(of: TestAPI.self)
    Task {
      do {
        try await TestAPI.with { api in
          continuation.yield(api)
          try await Task.sleep(for: .seconds(86_400))
        }
      } catch {
        continuation.finish(throwing: error)
      }
    }
    for try await server in servers { return server }
    throw RawHTTP.Failure(reason: "the shared server did not start")
  }

  static func shared() async throws -> TestAPI { try await task.value }
}
