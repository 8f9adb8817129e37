public import HTTPTypes
public import NIOCore

/// Pages that anybody may read, on the API's listener: whoever answers for them need not know who asks.
public protocol PublicSite: Sendable {
  /// Whether a path, as it was sent and without its query, is the site's.
  func owns(_ path: Substring) -> Bool

  /// Answers a request without a body.
  ///
  /// - Parameter charge: counts one dear thing that is done for whoever asks; where they have had too
  ///   many, it returns in how many seconds there may be one. It does not block.
  func answer(
    to head: HTTPRequest, at path: Substring, charge: () -> Int?
  ) async -> PublicAnswer

  /// The same answer where it is there already; `nil` where it must be made or waited for. It is asked
  /// for on event loops, and so must not block.
  func keptAnswer(to head: HTTPRequest, at path: Substring) -> PublicAnswer?
}

/// What a public site answers.
public struct PublicAnswer: Sendable {
  public var status: HTTPResponse.Status
  /// All but the date.
  public var fields: HTTPFields
  /// `nil` where there is none, and of an answer to `HEAD`.
  public var body: ByteBuffer?

  public init(status: HTTPResponse.Status, fields: HTTPFields, body: ByteBuffer? = nil) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}
