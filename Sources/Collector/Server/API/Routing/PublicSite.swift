public import Hummingbird

/// Pages that anybody may read, on the API's listener: whoever answers for them need not know who asks.
public protocol PublicSite: Sendable {
  /// Whether a path, as it was sent and without its query, is the site's.
  func owns(_ path: Substring) -> Bool

  /// Answers a request without a body.
  func response(to request: Request, at path: Substring) async -> Response
}
