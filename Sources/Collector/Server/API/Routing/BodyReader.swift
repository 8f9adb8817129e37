import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Reads a request's body within bounds of size and time.
struct BodyReader: Sendable {
  let limit: Int
  let seconds: Int

  /// What the head of a request says of its body.
  enum Announcement: Hashable {
    /// Nothing: without HTTP/2 there is none.
    case nothing
    case bytes(Int)
    /// There is one, of a length that is not told.
    case unbounded
    /// A length that is no number, or one beyond all bounds.
    case unreadable

    init(_ headers: HTTPFields) {
      guard headers[.transferEncoding] == nil else {
        self = .unbounded
        return
      }
      guard let text = headers[.contentLength] else {
        self = .nothing
        return
      }
      let isNumber = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      self = isNumber ? Int(text).map { .bytes($0) } ?? .unreadable : .unreadable
    }

    /// Whether more of the request is to come than its head.
    var isSomething: Bool { self != .nothing && self != .bytes(0) }
  }

  /// The JSON value of a body that must be `application/json`.
  func readJSON(_ request: Request) async throws -> JSONValue {
    guard Self.isJSON(request.headers[.contentType]) else {
      throw Self.closing(
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

  /// The bytes of a form as browsers send it.
  func readForm(_ request: Request) async throws -> [UInt8] {
    guard Self.mediaType(request.headers[.contentType]) == "application/x-www-form-urlencoded"
    else {
      throw Self.closing(
        Problem(.unsupportedMediaType, "A form must come as application/x-www-form-urlencoded."))
    }
    return try await read(request)
  }

  /// Refuses a body where none belongs.
  ///
  /// - Parameter isMultiplexed: whether one may come that the head tells nothing of (HTTP/2).
  func refuse(_ request: Request, isMultiplexed: Bool) async throws {
    let refusal = Self.closing(Problem(.badRequest, "This operation takes no body."))
    guard !Announcement(request.headers).isSomething else { throw refusal }
    guard isMultiplexed else { return }
    let body = request.body
    let isEmpty = try await inTime {
      for try await chunk in body where chunk.readableBytes > 0 { return false }
      return true
    }
    guard isEmpty == true else { throw refusal }
  }

  private func read(_ request: Request) async throws -> [UInt8] {
    let tooLarge = Self.closing(
      Problem(.tooLarge, "A body may have at most \(limit) bytes."))
    switch Announcement(request.headers) {
    case .bytes(let length) where length > limit: throw tooLarge
    case .unreadable:
      throw Self.closing(
        Problem(.badRequest, "The header Content-Length must be the body's length in bytes."))
    case .nothing, .bytes, .unbounded: break
    }
    let body = request.body
    let limit = limit
    let read = try await inTime {
      var bytes: [UInt8] = []
      for try await chunk in body {
        guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
        bytes.append(contentsOf: chunk.readableBytesView)
      }
      return bytes
    }
    guard let read else {
      throw Self.closing(
        Problem(.timeout, "The body did not arrive within \(seconds) seconds."))
    }
    return read
  }

  /// What `body` returns; `nil` where that takes too long. Throws problems alone: what else it throws
  /// comes of a request that broke off, or is none.
  private func inTime<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    let seconds = seconds
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        do {
          return try await body()
        } catch {
          if error is Problem || error is CancellationError { throw error }
          throw Self.closing(Problem(.badRequest, "The body ended before it was whole."))
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  private static func closing(_ problem: Problem) -> Problem {
    var problem = problem
    problem.closesConnection = true
    return problem
  }

  /// Whether a media type is JSON (RFC 9110 section 8.3.1), whatever its parameters.
  static func isJSON(_ contentType: String?) -> Bool {
    let type = mediaType(contentType)
    return type == "application/json" || type == "application/merge-patch+json"
  }

  private static func mediaType(_ contentType: String?) -> String? {
    contentType?.split(separator: ";").first?.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}
