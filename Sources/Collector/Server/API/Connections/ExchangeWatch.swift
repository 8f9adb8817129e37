import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches what a connection, or a stream of one (HTTP/2), asks and is answered, and ends it where the
/// other side stops taking its part.
///
/// - An answer of which no piece was taken for a while has no reader.
/// - A request whose answer is out, and of which more is to come, is not read for ever.
/// - After an answer with `Connection: close` there is nothing more to say.
final class ExchangeWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// An answer is written in pieces, so that a slow reader of a long one is told from one that has gone.
  private static let pieceBytes = 16 * 1024

  private let patience: APIConfiguration.Patience
  private var connection: ConnectionGuard?
  private var isMultiplexed = false
  /// Requests of which the head came, requests that came whole, and answers that went out.
  private var begun = 0
  private var whole = 0
  private var answered = 0
  /// Whether the present answer says that it is the last.
  private var isLast = false
  /// Pieces that were written and not taken yet, and when one was taken last.
  private var waiting = 0
  private var takenAt = NIODeadline.uptimeNanoseconds(0)
  private var readingTimer: Scheduled<Void>?
  private var restTimer: Scheduled<Void>?

  init(_ patience: APIConfiguration.Patience) { self.patience = patience }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    // A connection's parent is the listener, a stream's the connection.
    isMultiplexed = channel.parent?.parent != nil
    let pipeline = isMultiplexed ? channel.parent?.pipeline : channel.pipeline
    connection = try? pipeline?.syncOperations.handler(type: ConnectionGuard.self)
  }

  func channelInactive(context: ChannelHandlerContext) {
    readingTimer?.cancel()
    restTimer?.cancel()
    while answered < begun { countAnswer() }
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      begun += 1
      connection?.requestBegan()
    case .body: break
    case .end:
      whole += 1
      if whole >= answered, !isLast { restTimer?.cancel() }
    }
    context.fireChannelRead(data)
  }

  func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      isLast = head.headerFields[.connection] == "close"
      write(.head(head), context, promise)
    case .body(var buffer):
      while buffer.readableBytes > Self.pieceBytes,
        let piece = buffer.readSlice(length: Self.pieceBytes)
      {
        write(.body(piece), context, nil)
      }
      write(.body(buffer), context, promise)
    case .end(let trailers):
      countAnswer()
      let isWhole = whole >= answered
      if isLast, isWhole {
        let written = promise ?? context.eventLoop.makePromise()
        // Says that there is no more, and lets the other side go first.
        written.futureResult.assumeIsolated().whenComplete { _ in
          context.close(mode: .output, promise: nil)
        }
        write(.end(trailers), context, written)
      } else {
        write(.end(trailers), context, promise)
      }
      if isLast || !isWhole { awaitRest(context) }
    }
  }

  /// An answer to what was no request is not counted.
  private func countAnswer() {
    guard answered < begun else { return }
    answered += 1
    connection?.requestEnded()
  }

  private func write(
    _ part: HTTPResponsePart, _ context: ChannelHandlerContext,
    _ promise: EventLoopPromise<Void>?
  ) {
    let taken = promise ?? context.eventLoop.makePromise()
    let loop = context.eventLoop
    if waiting == 0 { takenAt = loop.now }
    waiting += 1
    taken.futureResult.assumeIsolated().whenComplete { _ in
      self.waiting -= 1
      self.takenAt = loop.now
    }
    if readingTimer == nil { awaitReader(context, in: TimeAmount(patience.reading)) }
    context.write(wrapOutboundOut(part), promise: taken)
  }

  private func awaitReader(_ context: ChannelHandlerContext, in time: TimeAmount) {
    readingTimer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
      self.readingTimer = nil
      guard self.waiting > 0 else { return }
      let left = self.takenAt + TimeAmount(self.patience.reading) - context.eventLoop.now
      if left > .zero { self.awaitReader(context, in: left) } else { self.end(context) }
    }
  }

  private func awaitRest(_ context: ChannelHandlerContext) {
    restTimer?.cancel()
    restTimer = context.eventLoop.assumeIsolated().scheduleTask(
      in: TimeAmount(patience.rest)
    ) { self.end(context) }
  }

  private func end(_ context: ChannelHandlerContext) {
    if isMultiplexed { context.close(promise: nil) } else { connection?.end() }
  }
}
