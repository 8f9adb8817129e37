public import NIOCore

/// Lets a listener rest for a moment when the system can't give it another connection.
///
/// The connections that wait stay where they are, and so does the kernel's word that they do: a
/// listener that went on would ask again and again without a pause. Only where it stops reading
/// altogether does the event loop hear no more of them.
public final class AcceptPause: ChannelInboundHandler {
  public typealias InboundIn = any Channel

  private static let rest = TimeAmount.seconds(1)
  private let onTrouble: @Sendable (IOError) -> Void
  private var wakeUp: Scheduled<Void>?

  /// To be the first of the listener's handlers: it keeps what it is told from the others.
  ///
  /// - Parameter onTrouble: is told each time, on the listener's event loop.
  public init(onTrouble: @escaping @Sendable (IOError) -> Void) { self.onTrouble = onTrouble }

  public func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    onTrouble(error)
    guard wakeUp == nil else { return }
    let channel = context.channel
    channel.setOption(.autoRead, value: false).whenFailure { _ in }
    wakeUp = context.eventLoop.assumeIsolated().scheduleTask(in: Self.rest) {
      self.wakeUp = nil
      channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }
  }

  public func channelInactive(context: ChannelHandlerContext) {
    wakeUp?.cancel()
    context.fireChannelInactive()
  }
}
