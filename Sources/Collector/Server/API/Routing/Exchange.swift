import HTTPTypes
import Hummingbird
import Model
import Store

/// A request on its way to its answer: what the parts of the responder find out about it.
struct Exchange: Sendable {
  /// Names it in its answer and in the log.
  let id: String
  let request: Request
  /// Where it came from; `nil` for what is no address of the Internet.
  let clientAddress: IPAddress?
  /// Whether its connection carries others at the same time (HTTP/2).
  let isMultiplexed: Bool
  /// Once it is found.
  var route: Route?
  /// Once its credential was counted.
  var allowance: Allowance?
  /// Whether all of it was read, so that another request may follow on the connection.
  var isWhole: Bool

  init(id: String, request: Request, clientAddress: IPAddress?, isMultiplexed: Bool) {
    self.id = id
    self.request = request
    self.clientAddress = clientAddress
    self.isMultiplexed = isMultiplexed
    isWhole = !BodyReader.Announcement(request.headers).isSomething
  }

  /// From where and with what program it was sent.
  var client: ClientMark {
    ClientMark(address: clientAddress, userAgent: request.headers[.userAgent])
  }

  /// Whether a browser shows its answer to a person: one that was sent to a provider of identities, and
  /// back.
  var isForPeople: Bool {
    guard let route, OIDCResource.leadsBrowsers(route) else { return false }
    return request.headers[.accept]?.contains("text/html") ?? false
  }

  /// The path without the query, and the query.
  var target: (path: Substring, query: Substring) {
    let parts = (request.head.path ?? "/").split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    return (parts.first ?? "/", parts.count == 2 ? parts[1] : "")
  }

  static func newID() -> String {
    let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    return String(
      decoding: (0..<16).map { _ in digits[Int.random(in: 0..<32)] }, as: UTF8.self)
  }
}
