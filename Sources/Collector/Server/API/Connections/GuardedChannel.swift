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
