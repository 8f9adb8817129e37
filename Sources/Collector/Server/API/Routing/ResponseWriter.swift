import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Zlib

/// Puts an answer or a problem into the form in which it leaves.
struct ResponseWriter: Sendable {
  let crossOrigin: CrossOrigin

  /// Below it, compressing costs more than it saves.
  private static let leastCompressed = 1024

  func response(_ answer: APIAnswer, to exchange: Exchange) -> Response {
    let isTagged = exchange.route?.operation.answer.headers.contains(.etag) ?? false
    var headers = answer.headers
    let content: (bytes: [UInt8], type: String)? =
      switch answer.body {
      case nil: nil
      case .json(let value): (value.bytes, "application/json")
      case .bytes(let bytes, let type): (bytes, type)
      }
    guard let content else { return response(answer.status, headers, nil, to: exchange) }
    var tag = isTagged ? EntityTag.of(content.bytes, version: answer.version) : nil
    let isRead = exchange.request.method == .get || exchange.request.method == .head
    if let tag, isRead, let known = exchange.request.headers[.ifNoneMatch],
      EntityTag.isNamed(tag, in: known)
    {
      return response(304, headers + [("etag", tag)], nil, to: exchange)
    }
    var bytes = content.bytes
    if mayCompress(bytes, exchange) {
      headers.append(("vary", "Accept-Encoding"))
      if Negotiation.acceptsGzip(exchange.request.headers[.acceptEncoding]),
        let compressed = Gzip.compress(bytes)
      {
        bytes = compressed
        headers.append(("content-encoding", "gzip"))
        tag = tag.map(EntityTag.compressed)
      }
    }
    if let tag { headers.append(("etag", tag)) }
    return response(answer.status, headers, (bytes, content.type), to: exchange)
  }

  func response(_ problem: Problem, to exchange: Exchange) -> Response {
    var headers = problem.headers
    // HTTP/2 has no such header; there the stream ends alone.
    if problem.closesConnection, !exchange.isMultiplexed {
      headers.append(("connection", "close"))
    }
    return response(
      problem.kind.status, headers,
      (problem.json(requestID: exchange.id).bytes, "application/problem+json"), to: exchange)
  }

  /// Answers that hold a secret are never compressed: their length would tell of it to whoever can
  /// also choose a part of them.
  private func mayCompress(_ bytes: [UInt8], _ exchange: Exchange) -> Bool {
    bytes.count >= Self.leastCompressed && exchange.route?.operation.tellsSecret != true
  }

  private func response(
    _ status: Int, _ headers: [(String, String)], _ content: (bytes: [UInt8], type: String)?,
    to exchange: Exchange
  ) -> Response {
    var fields = HTTPFields()
    let all =
      headers + crossOrigin.headers(for: exchange.request.headers)
      + (exchange.allowance?.headers ?? []) + [("x-request-id", exchange.id)]
    for (name, value) in all {
      guard let name = HTTPField.Name(name) else { continue }
      fields.append(HTTPField(name: name, value: value))
    }
    fields[.cacheControl] = exchange.route?.access == .anyone ? "no-cache" : "no-store"
    fields[.xContentTypeOptions] = "nosniff"
    guard let content else { return Response(status: .init(code: status), headers: fields) }
    fields[.contentType] = content.type
    fields[.contentLength] = String(content.bytes.count)
    return Response(
      status: .init(code: status), headers: fields,
      body: exchange.request.method == .head
        ? .init() : .init(byteBuffer: ByteBuffer(bytes: content.bytes)))
  }
}
