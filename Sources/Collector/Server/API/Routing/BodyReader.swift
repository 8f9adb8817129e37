import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Reads a request's body within bounds of size and time.
struct BodyReader: Sendable {
  let limit: Int
  let seconds: Int

  /// The JSON value of a body that must be `application/json`.
  func readJSON(_ request: Request) async throws -> JSONValue {
    guard Self.isJSON(request.headers[.contentType]) else {
      throw closing(
        Problem(
          .unsupportedMediaType, "Send the body with the header Content-Type: application/json."))
    }
    let bytes = try await read(request)
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      if error.reason == JSONError.duplicate {
        throw Problem(FieldErrors(pointer: error.pointer, detail: error.reason))
      }
      throw Problem(.malformedJSON, "The body is not JSON: \(error).")
    }
  }

  /// Refuses a body where none belongs.
  func refuse(_ request: Request) throws(Problem) {
    guard request.headers[.transferEncoding] == nil, (length(request) ?? 0) == 0 else {
      throw closing(Problem(.badRequest, "This operation takes no body."))
    }
  }

  private func read(_ request: Request) async throws -> [UInt8] {
    let tooLarge = closing(
      Problem(.tooLarge, "A body may have at most \(limit) bytes."))
    if let length = length(request), length > limit { throw tooLarge }
    let body = request.body
    let (limit, seconds) = (limit, seconds)
    return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
      group.addTask {
        var bytes: [UInt8] = []
        for try await chunk in body {
          guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
          bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let bytes = first else {
        throw closing(
          Problem(.timeout, "The body did not arrive within \(seconds) seconds."))
      }
      return bytes
    }
  }

  private func length(_ request: Request) -> Int? {
    request.headers[.contentLength].flatMap { Int($0) }
  }

  private func closing(_ problem: Problem) -> Problem {
    var problem = problem
    problem.closesConnection = true
    return problem
  }

  /// Whether a media type is JSON (RFC 9110 section 8.3.1), whatever its parameters.
  static func isJSON(_ contentType: String?) -> Bool {
    let type = contentType?.split(separator: ";").first?
      .filter { $0 != " " && $0 != "\t" }.lowercased()
    return type == "application/json" || type == "application/merge-patch+json"
  }
}
