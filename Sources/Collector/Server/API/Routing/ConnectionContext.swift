import Hummingbird
import Model
import NIOCore

/// What is known of the connection on which a request came.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// The other end of the connection.
  var peer: IPAddress? {
    guard let text = channel.remoteAddress?.ipAddress else { return nil }
    // A link-local address has its interface behind it.
    return IPAddress(text: text.prefix { $0 != "%" })
  }

  /// Whether the channel is a stream of a connection (HTTP/2), whose parent is the listener's child.
  var isMultiplexed: Bool { channel.parent?.parent != nil }

  /// Ends the connection, or the stream, after that time, unless what is returned is cancelled.
  func close(in time: TimeAmount) -> Scheduled<Void> {
    let channel = channel
    return channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  /// Runs `body` when the connection, or the stream, has ended, or its other side sends nothing more:
  /// who reads without end and is gone would else be noticed when something is next sent.
  func whenLeft(_ body: @escaping @Sendable () -> Void) {
    let channel = channel
    channel.closeFuture.whenComplete { _ in body() }
    // A stream's request ends like that as well; its other side resets it to leave.
    guard !isMultiplexed else { return }
    channel.eventLoop.execute {
      try? channel.pipeline.syncOperations.addHandler(InputEnd(body), position: .first)
    }
  }
}

/// Tells when the other side of a connection sends nothing more.
private final class InputEnd: ChannelInboundHandler {
  typealias InboundIn = Any

  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent { body() }
    context.fireUserInboundEventTriggered(event)
  }
}
