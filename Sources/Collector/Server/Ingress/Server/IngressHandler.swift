import Logging
import Model
import NIOCore
import NIOTLS
import Signing
import Wire

/// One agent's connection: bytes to frames, frames to the state machines, their directives to the
/// socket and the store.
///
/// It belongs to its channel's event loop. Frames are looked at where they lie in the channel's
/// buffer; RESULTS leave it as COPY tuples and nothing else.
final class IngressHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let core: IngressCore
  private let address: String
  private let isTLS: Bool
  var machine: SessionMachine
  /// The session once it is live.
  var live: LiveLink?
  /// What the store began, until the session is live.
  var begun: (authenticated: Authenticated, beginning: SessionBeginning, rotationIsDue: Bool)?
  var context: ChannelHandlerContext?
  var log: Logger
  private var input: ByteBuffer?
  /// Set while the frame at the head of the input waits for an answer of the store.
  private var isSuspended = false
  /// Whether the tag of the frame at the head of the input was verified already.
  private var headIsVerified = false
  private(set) var isClosing = false
  /// Whether the connection ends, or may end, without a word of either side.
  private(set) var isBrokenOff = true
  private var isCounted = true
  private var deadline: Scheduled<Void>?
  var ticks: RepeatedTask?
  private var mustFlush = false
  /// Whether the connection is over, for those who work for it on other threads.
  let isOver = Flag()

  init(core: IngressCore, connection: SessionContext, address: String, isTLS: Bool) {
    self.core = core
    self.address = address
    self.isTLS = isTLS
    machine = SessionMachine(context: connection, limits: core.limits)
    log = core.log
    log[metadataKey: "address"] = "\(address)"
  }

  // MARK: - The channel's events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    setDeadline(afterMs: isTLS ? core.limits.tlsHandshakeMs : core.limits.authenticationMs)
    let loop = context.eventLoop
    let me = NIOLoopBound(self, eventLoop: loop)
    core.registry.enter(machine.context.session) { loop.execute { me.value.stop() } }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent {
      setDeadline(afterMs: core.limits.authenticationMs)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    var bytes = unwrapInboundIn(data)
    if input == nil {
      input = bytes
    } else {
      input?.writeBuffer(&bytes)
    }
    live?.session.heard(at: core.now())
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    setReading()
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    log.debug("connection failed", metadata: ["error": "\(error)"])
    isClosing = true
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    isOver.raise()
    deadline?.cancel()
    ticks?.cancel()
    leaveGate()
    core.registry.leave(machine.context.session)
    input = nil
    if let live { ended(live) }
    live = nil
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    // Also for a channel that was never active.
    leaveGate()
    core.gate.leave()
    self.context = nil
  }

  func setDeadline(afterMs: Int64) {
    deadline?.cancel()
    guard let context else { return }
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(afterMs)) {
      self.log.debug("the handshake took too long")
      self.perform(self.machine.timedOut())
    }
  }

  /// The connection has proven itself, or is gone.
  func leaveGate() {
    guard isCounted else { return }
    isCounted = false
    core.gate.prove(address)
  }

  func cancelDeadline() { deadline?.cancel() }

  /// The process stops. A session hears of it by its own way.
  private func stop() {
    guard live == nil, !isClosing else { return }
    perform(machine.shutDown())
  }

  // MARK: - Frames

  /// Takes every whole frame from the input.
  private func process() {
    while !isClosing, !isSuspended, let buffer = input {
      let consumed = buffer.withUnsafeReadableBytes { takeFrame($0) }
      guard consumed > 0 else { break }
      headIsVerified = false
      input?.moveReaderIndex(forwardBy: consumed)
      if input?.readableBytes == 0 { input = nil }
    }
    if isClosing { input = nil }
    if let buffer = input, buffer.readerIndex > 64 << 10 { input?.discardReadBytes() }
  }

  /// Takes the frame that `bytes` begin with; gives how many bytes it had, 0 where there is none
  /// yet or it must wait.
  private func takeFrame(_ bytes: UnsafeRawBufferPointer) -> Int {
    do throws(FrameError) {
      guard let frame = try Frame.scan(bytes, peerIsProven: live != nil) else { return 0 }
      let whole = UnsafeRawBufferPointer(rebasing: bytes[..<frame.byteCount])
      guard let live else {
        guard let type = frame.type, !frame.isTagged else { throw .tag }
        perform(machine.received(type, Array(whole), at: core.now()))
        return frame.byteCount
      }
      guard frame.isTagged else { throw .tag }
      if !headIsVerified {
        guard (try? live.opener.verify(whole)) == true else {
          perform([.close(.badTag)])
          return 0
        }
        headIsVerified = true
      }
      guard let type = frame.type else { return frame.byteCount }
      let body = UnsafeRawBufferPointer(rebasing: whole[frame.body])
      if type == .results {
        return try takeResults(body, byteCount: frame.byteCount, live) ? frame.byteCount : 0
      }
      perform(try live.session.received(type, Array(body), at: core.now()))
      return frame.byteCount
    } catch {
      log.info("bytes that are no frame", metadata: ["error": "\(error)"])
      perform(machine.failed(error))
      return 0
    }
  }

  /// Leaves the frame at the head of the input where it is until the store has answered.
  func suspend() {
    isSuspended = true
    setReading()
  }

  /// Takes the frame at the head of the input again.
  func resume() {
    isSuspended = false
    setReading()
    process()
    flush()
  }

  /// Reads no more from a peer who does not read, or while the input waits.
  private func setReading() {
    guard let context, !isClosing else { return }
    context.channel.setOption(.autoRead, value: context.channel.isWritable && !isSuspended)
      .whenFailure { _ in }
  }

  // MARK: - Output

  func send(_ bytes: [UInt8]) {
    guard let context else { return }
    context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    mustFlush = true
  }

  func flush() {
    guard mustFlush else { return }
    mustFlush = false
    context?.flush()
  }

  func close(_ reason: ClosingReason) {
    guard !isClosing else { return }
    isClosing = true
    isOver.raise()
    isBrokenOff = reason == .silence || reason == .badTag
    switch reason {
    case .enrolled: log.info("agent enrolled")
    case .refused(let code, let message):
      log.info("connection refused", metadata: ["code": "\(code)", "reason": "\(message)"])
    case .badTag: log.warning("a frame's tag was wrong")
    case .peerEnded(let code):
      log.info("the agent ended the session", metadata: ["code": "\(code)"])
    case .silence: log.info("nothing was heard from the agent")
    }
    flush()
    context?.close(promise: nil)
  }
}
