import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import API

/// What becomes of a connection around the code that handles it.
struct GuardedChannelTests {
  /// As it happens to whoever comes while the server stops: without care NIO ends the whole process.
  @Test func `a connection that nobody comes to handle ends in peace`() throws {
    let channel = EmbeddedChannel()
    let http = HTTP1Channel(responder: { _, _, _ in })
    let guarded = GuardedChannel(
      inner: http, greeting: .seconds(10), idle: .seconds(60),
      share: ConnectionShare(try TestAPI.configuration()))
    _ = try guarded.setup(channel: channel, logger: Logger(label: "test")).wait()
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(10))
    #expect(!channel.isActive)
  }
}
