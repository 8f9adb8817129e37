import NIOCore
import NIOTLS

/// Ends a connection on which nothing happens: the first of its handlers.
///
/// It waits for a greeting (the TLS handshake, without TLS the head of a request), and then for as long as
/// no request is open. What an open request may take is for `ExchangeWatch` and its handler to say.
final class ConnectionGuard: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let greeting: TimeAmount
  private let idle: TimeAmount
  private var openRequests = 0
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?

  /// - Parameters:
  ///   - greeting: until it must have greeted.
  ///   - idle: how long it may then be without a request.
  init(greeting: Duration, idle: Duration) {
    self.greeting = TimeAmount(greeting)
    self.idle = TimeAmount(idle)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    end(in: greeting)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  /// The handshake is done.
  func greeted() {
    if openRequests == 0 { end(in: idle) }
  }

  func requestBegan() {
    openRequests += 1
    timer?.cancel()
  }

  func requestEnded() {
    openRequests -= 1
    if openRequests == 0 { end(in: idle) }
  }

  /// Ends the connection at once, whatever was still to be sent: by the socket itself, since what lies
  /// between would wait for the other side.
  func end() { context?.close(promise: nil) }

  private func end(in time: TimeAmount) {
    timer?.cancel()
    timer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { self.end() }
  }
}

/// Tells the guard when the TLS handshake is done.
final class HandshakeWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      try? context.pipeline.syncOperations.handler(type: ConnectionGuard.self).greeted()
    }
    context.fireUserInboundEventTriggered(event)
  }
}
