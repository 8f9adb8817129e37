import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Calls the API within the process, as whoever sent the request that is answered: with its cookie, its
/// address, and what its browser says of the page that it comes from.
///
/// A call goes the way of any other, through credentials, allowance, query and body to its route. Only
/// the bytes between are left out.
public struct SiteCalls: Sendable {
  let responder: APIResponder
  let request: Request
  let connection: ConnectionContext

  /// The headers that are handed on; all others are the call's own.
  private static let kept: Set<String> = [
    "cookie", "origin", "sec-fetch-site", "user-agent", "x-forwarded-for",
  ]

  public func send(_ call: SiteCall) async -> SiteCallAnswer {
    await responder.answer(to: made(call), over: connection)
  }

  private func made(_ call: SiteCall) -> Request {
    var fields = HTTPFields()
    for field in request.headers where Self.kept.contains(field.name.canonicalName) {
      fields.append(field)
    }
    func set(_ name: String, _ value: String?) {
      guard let value, let name = HTTPField.Name(name) else { return }
      fields.append(HTTPField(name: name, value: value))
    }
    let bytes = call.body?.bytes ?? []
    if call.body != nil {
      set("content-type", "application/json")
      set("content-length", String(bytes.count))
    }
    set("upblit-organization", call.organization)
    set("if-match", call.version.map { "\"\($0)\"" })
    set("idempotency-key", call.once)
    let query = call.query.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    let head = HTTPRequest(
      method: HTTPRequest.Method(call.method) ?? .get, scheme: request.head.scheme,
      authority: request.head.authority,
      path: query.isEmpty ? call.path : "\(call.path)?\(query)", headerFields: fields)
    return Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
  }
}
