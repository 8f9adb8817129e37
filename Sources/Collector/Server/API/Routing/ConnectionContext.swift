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

  /// Ends the connection once the answer has had time to leave, however much the other side still
  /// wants to send.
  func closeSoon() {
    let channel = channel
    channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
  }
}
