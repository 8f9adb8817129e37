import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A server's connections with a guard before whatever else handles them.
struct GuardedChannel<Inner: ServerChildChannel>: ServerChildChannel {
  let inner: Inner
  let greeting: Duration
  let idle: Duration
  let share: ConnectionShare

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Inner.Value> {
    guard share.enter(channel) else {
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }
    do {
      try channel.pipeline.syncOperations.addHandler(
        ConnectionGuard(greeting: greeting, idle: idle))
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return inner.setup(channel: channel, logger: logger).flatMapThrowing { value in
      // A server that stops drops a connection which it has taken and not begun to handle, and with it
      // the writer that NIO wants to see finished: held here until the connection's end finishes it.
      channel.closeFuture.whenComplete { _ in withExtendedLifetime(value) {} }
      let pipeline = channel.pipeline.syncOperations
      if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
        try pipeline.addHandler(HandshakeWatch(), position: .after(tls))
      }
      return value
    }
  }

  func handle(value: Inner.Value, logger: Logger) async {
    await inner.handle(value: value, logger: logger)
  }
}
