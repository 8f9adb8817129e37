import HTTPTypes

/// What pages of other origins may do (the fetch standard, section 3.2): nothing, but for the origins
/// that the configuration names. Never with cookies: a page sends a key of its own.
struct CrossOrigin: Sendable {
  /// Such as `https://status.example.org`.
  let origins: [String]

  private static let requestHeaders =
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Upblit-Organization"
  private static let answerHeaders =
    "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
    + "X-Request-Id"

  /// The headers of an answer to a request with these headers.
  func headers(for request: HTTPFields) -> [(String, String)] {
    guard !origins.isEmpty else { return [] }
    guard let origin = request[.origin], origins.contains(origin) else {
      return [("vary", "Origin")]
    }
    return [
      ("vary", "Origin"), ("access-control-allow-origin", origin),
      ("access-control-expose-headers", Self.answerHeaders),
    ]
  }

  /// The further headers of the answer to a browser that asks first.
  func preflight(for request: HTTPFields, methods: String) -> [(String, String)] {
    guard let origin = request[.origin], origins.contains(origin) else { return [] }
    return [
      ("access-control-allow-methods", methods),
      ("access-control-allow-headers", Self.requestHeaders), ("access-control-max-age", "600"),
    ]
  }
}
