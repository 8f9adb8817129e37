public import Hummingbird

/// Pages that anybody may read, on the API's listener: whoever answers for them need not know who asks.
public protocol PublicSite: Sendable {
  /// Whether a path, as it was sent and without its query, is the site's.
  func owns(_ path: Substring) -> Bool

  /// Answers a request without a body.
  ///
  /// - Parameter charge: counts one dear thing that is done for whoever asks; where they have had too
  ///   many, it returns in how many seconds there may be one. It does not block.
  func response(
    to request: Request, at path: Substring, charge: () -> Int?
  ) async -> Response
}
