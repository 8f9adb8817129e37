import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Zlib

/// Puts an answer or a problem into the form in which it leaves.
struct ResponseWriter: Sendable {
  let crossOrigin: CrossOrigin
  let logger: Logger

  /// Below it, compressing costs more than it saves.
  private static let leastCompressed = 1024

  /// What an answer is made of.
  private struct Content {
    var type: String
    var plain: ByteBuffer
    var tag: String?
    var compressed: () -> ByteBuffer?
  }

  func response(
    _ answer: APIAnswer, to exchange: Exchange, over connection: ConnectionContext
  ) -> Response {
    if case .stream(let stream)? = answer.body {
      return response(answer.status, answer.headers, stream, to: exchange, over: connection)
    }
    return response(
      answer, isSecret: exchange.route?.operation.tellsSecret == true, to: exchange)
  }

  /// An answer that is no stream. One that holds a secret is never compressed: its length would tell of
  /// it to whoever can also choose a part of it.
  func response(_ answer: APIAnswer, isSecret: Bool, to exchange: Exchange) -> Response {
    guard let content = content(of: answer, to: exchange) else {
      return response(answer.status, answer.headers, nil, to: exchange)
    }
    var headers = answer.headers
    var isCompressed = false
    if content.plain.readableBytes >= Self.leastCompressed, !isSecret {
      headers.append(("vary", "Accept-Encoding"))
      isCompressed = Negotiation.acceptsGzip(exchange.request.headers[.acceptEncoding])
    }
    let isRead = exchange.request.method == .get || exchange.request.method == .head
    if let tag = content.tag.map({ isCompressed ? EntityTag.compressed($0) : $0 }), isRead,
      let known = exchange.request.headers[.ifNoneMatch], EntityTag.isNamed(tag, in: known)
    {
      return response(304, headers + [("etag", tag)], nil, to: exchange)
    }
    if isCompressed, let compressed = content.compressed() {
      headers.append(("content-encoding", "gzip"))
      if let tag = content.tag { headers.append(("etag", EntityTag.compressed(tag))) }
      return response(answer.status, headers, (compressed, content.type), to: exchange)
    }
    if let tag = content.tag { headers.append(("etag", tag)) }
    return response(answer.status, headers, (content.plain, content.type), to: exchange)
  }

  private func content(of answer: APIAnswer, to exchange: Exchange) -> Content? {
    let isTagged = exchange.route?.operation.answer.headers.contains(.etag) ?? false
    switch answer.body {
    case nil, .stream: return nil
    case .json(let value):
      let bytes = value.bytes
      return Content(
        type: "application/json", plain: ByteBuffer(bytes: bytes),
        tag: isTagged ? EntityTag.of(bytes, version: answer.version) : nil,
        compressed: { Gzip.compress(bytes).map { ByteBuffer(bytes: $0) } })
    case .bytes(let bytes, let type):
      return Content(
        type: type, plain: ByteBuffer(bytes: bytes), tag: nil,
        compressed: { Gzip.compress(bytes).map { ByteBuffer(bytes: $0) } })
    case .kept(let kept):
      return Content(
        type: kept.type, plain: kept.plain, tag: isTagged ? kept.tag : nil,
        compressed: { kept.compressed })
    }
  }

  /// A stream is neither compressed nor tagged: nobody knows its end.
  private func response(
    _ status: Int, _ headers: [(String, String)], _ stream: StreamBody, to exchange: Exchange,
    over connection: ConnectionContext
  ) -> Response {
    var begun = response(status, headers, nil, to: exchange)
    begun.headers[.contentType] = stream.type
    begun.headers[.contentLength] = nil
    guard exchange.request.method != .head else { return begun }
    let (logger, id) = (logger, exchange.id)
    begun.body = ResponseBody { writer in
      do {
        try await stream.send(to: &writer, over: connection)
      } catch {
        logger.debug(
          "a stream broke off", metadata: ["request_id": "\(id)", "reason": "\(error)"])
        throw error
      }
    }
    return begun
  }

  func response(_ problem: Problem, to exchange: Exchange) -> Response {
    response(
      problem.kind.status, problem.headers,
      (
        ByteBuffer(bytes: problem.json(requestID: exchange.id).bytes), "application/problem+json"
      ), to: exchange)
  }

  private func isPublic(_ route: Route?) -> Bool {
    route?.access == .anyone && route?.operation.tellsSecret == false
  }

  private func response(
    _ status: Int, _ headers: [(String, String)], _ content: (bytes: ByteBuffer, type: String)?,
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
    // HTTP/2 has no such header; there the stream ends alone.
    if !exchange.isWhole, !exchange.isMultiplexed { fields[.connection] = "close" }
    if fields[.cacheControl] == nil {
      fields[.cacheControl] = isPublic(exchange.route) ? "no-cache" : "no-store"
    }
    fields[.xContentTypeOptions] = "nosniff"
    guard let content else { return Response(status: .init(code: status), headers: fields) }
    fields[.contentType] = content.type
    fields[.contentLength] = String(content.bytes.readableBytes)
    return Response(
      status: .init(code: status), headers: fields,
      body: exchange.request.method == .head
        ? .init() : .init(byteBuffer: content.bytes))
  }
}
