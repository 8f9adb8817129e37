import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Answers what the public site has in memory, on the connection's own event loop: no thread is changed for
/// it, nor on HTTP/1.1 a task asked, which is most of what such an answer costs.
///
/// Everything else goes on to the server, and whatever comes behind it on the connection too, until it is
/// answered: answers leave in the order of their requests.
final class KeptAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let site: any PublicSite
  /// The server ends a connection on which it was asked nothing for its idle time. So a request goes on to
  /// it this often, and a connection rests for at least five sixths of that time before it is ended.
  private let unasked: TimeAmount
  private var askedAt = NIODeadline.uptimeNanoseconds(0)
  /// Requests that went on and are not answered.
  private var open = 0
  /// The request that is being read, and the answer to it.
  private var answering: (head: HTTPRequest, answer: PublicAnswer)?
  /// Answers of which not all was taken, and whether the other side has said meanwhile that it sends no
  /// more: the server would end the connection at that.
  private var leaving = 0
  private var isInputClosed = false

  init(_ site: any PublicSite, idle: TimeAmount) {
    self.site = site
    unasked = .nanoseconds(idle.nanoseconds / 6)
  }

  func handlerAdded(context: ChannelHandlerContext) { askedAt = context.eventLoop.now }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      // Who does not read what was sent waits as with the server, which takes no more requests then.
      if open == 0, context.channel.isWritable, let answer = kept(head, at: context.eventLoop.now) {
        answering = (head, answer)
      } else {
        goOn(.head(head), context)
      }
    case .body:
      // HTTP/2 need not announce one.
      if let (head, _) = answering { goOn(.head(head), context) }
      context.fireChannelRead(data)
    case .end:
      guard let (_, answer) = answering else { return context.fireChannelRead(data) }
      answering = nil
      write(answer, context)
    }
  }

  private func goOn(_ head: HTTPRequestPart, _ context: ChannelHandlerContext) {
    answering = nil
    open += 1
    askedAt = context.eventLoop.now
    context.fireChannelRead(wrapInboundOut(head))
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
    let taken = context.eventLoop.makePromise(of: Void.self)
    leaving += 1
    taken.futureResult.assumeIsolated().whenComplete { _ in
      self.leaving -= 1
      if self.leaving == 0, self.isInputClosed {
        self.isInputClosed = false
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
      }
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: taken)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // What is said to who sent no request is no answer to one.
    if case .end = unwrapOutboundIn(data), open > 0 { open -= 1 }
    context.write(data, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if leaving > 0, case .inputClosed? = event as? ChannelEvent {
      isInputClosed = true
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}
