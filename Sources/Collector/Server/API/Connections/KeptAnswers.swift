import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Answers what the public site has in memory, on the connection's own event loop: no task is asked, and
/// no thread changed, which is most of what such an answer costs.
///
/// Everything else goes on to the server, and whatever comes behind it on the connection too, until it is
/// answered: answers leave in the order of their requests.
final class KeptAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let site: any PublicSite
  /// The server ends a connection on which it is asked nothing for so long: a request is let through to it
  /// before.
  private let unasked: TimeAmount
  private var askedAt = NIODeadline.uptimeNanoseconds(0)
  /// Requests that went on and are not answered.
  private var open = 0
  /// The answer to the request that is being read.
  private var answer: PublicAnswer?

  init(_ site: any PublicSite, idle: TimeAmount) {
    self.site = site
    unasked = .nanoseconds(idle.nanoseconds / 2)
  }

  func handlerAdded(context: ChannelHandlerContext) { askedAt = context.eventLoop.now }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      // Who does not read what was sent waits as with the server, which takes no more requests then.
      answer =
        open == 0 && context.channel.isWritable ? kept(head, at: context.eventLoop.now) : nil
      guard answer == nil else { return }
      open += 1
      askedAt = context.eventLoop.now
    case .body:
      guard answer == nil else { return }
    case .end:
      if let answer {
        self.answer = nil
        return write(answer, context)
      }
    }
    context.fireChannelRead(data)
  }

  /// What may be said at once: to a request without a body, by a client that goes on after it.
  private func kept(_ head: HTTPRequest, at now: NIODeadline) -> PublicAnswer? {
    guard now - askedAt < unasked else { return nil }
    guard head.method == .get || head.method == .head, let target = head.path else { return nil }
    let path = target.prefix { $0 != "?" }
    guard site.owns(path) else { return nil }
    for field in head.headerFields {
      switch field.name {
      case .transferEncoding, .upgrade, .expect: return nil
      case .contentLength where field.value != "0": return nil
      case .connection where field.value.lowercased() != "keep-alive": return nil
      default: break
      }
    }
    return site.keptAnswer(to: head, at: path)
  }

  private func write(_ answer: PublicAnswer, _ context: ChannelHandlerContext) {
    var head = HTTPResponse(status: answer.status, headerFields: answer.fields)
    head.headerFields[.date] = HTTPDate.now()
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body = answer.body { context.write(wrapOutboundOut(.body(body)), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // What is said to who sent no request is no answer to one.
    if case .end = unwrapOutboundIn(data), open > 0 { open -= 1 }
    context.write(data, promise: promise)
  }
}

/// The moment as answers tell it (RFC 9110, 6.6.1), made once a second.
enum HTTPDate {
  private static let made = Mutex<(second: Int, text: String)>((0, ""))

  static func now() -> String {
    var second = time(nil)
    return made.withLock { made in
      if made.second != second { made = (second, text(&second)) }
      return made.text
    }
  }

  /// Such as `Sun, 22 Nov 2026 10:00:00 GMT`: the collector sets no locale.
  private static func text(_ second: inout time_t) -> String {
    var parts = tm()
    gmtime_r(&second, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let count = strftime(base, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
      return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
