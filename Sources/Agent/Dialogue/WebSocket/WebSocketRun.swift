import Model

/// A WebSocket under way: the upgrade, then the plan's steps, then a polite close.
///
/// Texts are not checked to be UTF-8. Messages are searched as they come and never held.
public struct WebSocketRun {
  /// Pings that are answered; more are read and left alone.
  private static let mostPongs = 64

  private enum State {
    case upgrading(UpgradeReply)
    case open
    case over
  }

  private let plan: WebSocketPlan
  private let key: WebSocketKey
  private var state: State
  private var reader = FrameReader()
  private var next = 0
  private var search: Search?
  private var awaitsClose = false
  /// Whether the message under way has met an expectation: the next one begins with the next message.
  private var skipsMessage = false
  private var ignored = 0
  private var pongs = 0
  /// Whether anything came.
  public private(set) var hasHeard = false
  /// Where the head that answered the request stands among the bytes that came; `nil` where none did.
  public private(set) var head: Range<Int>?
  /// The code that the server closed with; 1005 where it gave none.
  public private(set) var closeCode: UInt16?

  public init(_ plan: WebSocketPlan, key: WebSocketKey) {
    self.plan = plan
    self.key = key
    state = .upgrading(UpgradeReply(accept: key.accept, subprotocols: plan.subprotocols))
  }

  /// Whether the server has become a WebSocket.
  public var isOpen: Bool {
    switch state {
    case .upgrading: false
    case .open, .over: true
    }
  }

  /// Asks for the upgrade.
  public mutating func begin() -> [ScriptRun.Step] {
    guard let request = UpgradeRequest(plan, key: key.text) else {
      return end(Failure(.agentFailed, detail: "the path or a header can't be sent as it is"))
    }
    return [.send(request.bytes)]
  }

  /// Hears bytes.
  public mutating func take(
    _ bytes: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    if !bytes.isEmpty { hasHeard = true }
    var bytes = bytes
    var result: [ScriptRun.Step] = []
    if case .upgrading(var reply) = state {
      state = .over
      var count = 0
      var event = UpgradeReply.Event.more
      while count < bytes.count, event == .more {
        event = reply.take(bytes[count])
        count += 1
      }
      head = reply.extent
      switch event {
      case .more:
        state = .upgrading(reply)
        return []
      case .failed(let failure): return end(failure)
      case .upgraded:
        state = .open
        bytes.removeFirst(count)
        result = goOn(using: &generator)
      }
    }
    guard case .open = state else { return result }
    for event in reader.take(bytes) {
      guard case .open = state else { break }
      result += take(event, using: &generator)
    }
    return result
  }

  /// The connection was closed, whatever the WebSocket was at.
  public mutating func closed() -> [ScriptRun.Step] {
    if case .over = state { return [] }
    guard hasHeard else {
      return end(Failure(.tcpClosed, detail: "the connection was closed without an answer"))
    }
    guard isOpen else {
      return end(
        Failure(.protocolIncomplete, detail: "the connection was closed within the answer's head"))
    }
    if awaitsClose, case .expectClose(let code) = plan.steps[next - 1], code == nil {
      return end(nil)
    }
    if let search { return end(search.failure("the connection was closed")) }
    return end(Failure(.tcpClosed, detail: "the connection was closed without a close frame"))
  }

  private mutating func take(
    _ event: FrameReader.Event, using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    switch event {
    case .content(let bytes): return heard(bytes[...], using: &generator)
    case .messageEnd:
      guard !skipsMessage else {
        skipsMessage = false
        return []
      }
      switch search?.finish() {
      case .met: return met(using: &generator)
      case .tooCostly: return fail(search?.costFailure, using: &generator)
      case .notYet, .tooMuch, nil:
        search?.nextMessage()
        return []
      }
    case .ping(let payload):
      guard pongs < Self.mostPongs else { return [] }
      pongs += 1
      return [frame(.pong, payload, using: &generator)]
    case .pong: return []
    case .close(let payload): return takeClose(payload, using: &generator)
    case .invalid(let text): return end(Failure(.protocolInvalid, detail: text))
    }
  }

  private mutating func heard(
    _ bytes: ArraySlice<UInt8>, using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    if skipsMessage { return [] }
    guard search != nil else {
      ignored += bytes.count
      guard ignored > Search.mostBytes else { return [] }
      return fail(
        Failure(
          .assertFailed,
          detail: "\(Search.mostBytes) bytes came, where the WebSocket should be closed"),
        using: &generator)
    }
    switch search?.take(bytes) {
    case .met:
      skipsMessage = true
      return met(using: &generator)
    case .tooCostly: return fail(search?.costFailure, using: &generator)
    case .tooMuch:
      return fail(search?.failure("\(Search.mostBytes) bytes came"), using: &generator)
    case .notYet, nil: return []
    }
  }

  private mutating func met(
    using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    search = nil
    return goOn(using: &generator)
  }

  /// The next steps, up to one that waits.
  private mutating func goOn(
    using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    var result: [ScriptRun.Step] = []
    while next < plan.steps.count {
      defer { next += 1 }
      switch plan.steps[next] {
      case .sendText(let bytes): result.append(frame(.text, bytes, using: &generator))
      case .sendBinary(let bytes): result.append(frame(.binary, bytes, using: &generator))
      case .expect(let expectation):
        search = Search(expectation)
        return result
      case .expectClose:
        awaitsClose = true
        return result
      }
    }
    result.append(frame(.close, ClientFrame.closing(1000), using: &generator))
    return result + end(nil)
  }

  private mutating func takeClose(
    _ payload: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    guard payload.count != 1 else {
      return end(Failure(.protocolInvalid, detail: "a close frame of one byte"))
    }
    let code = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 1005
    closeCode = code
    guard payload.isEmpty || Self.isValid(code) else {
      return end(
        Failure(.protocolInvalid, detail: "a close frame with code \(code), which is not sent"))
    }
    let echo = frame(.close, Array(payload.prefix(2)), using: &generator)
    if awaitsClose, case .expectClose(let wanted) = plan.steps[next - 1] {
      guard let wanted, wanted != code else { return [echo] + end(nil) }
      return [echo]
        + end(
          Failure(
            .assertFailed, detail: "closed with code \(code), where \(wanted) is expected"))
    }
    let why = VisibleText.excerpt(payload.dropFirst(2))
    return [echo]
      + end(
        Failure(
          .replyStatus,
          detail: "the server closed with code \(code)" + (why.isEmpty ? "" : ": \"\(why)\"")))
  }

  /// RFC 6455 section 7.4, and those that IANA has added.
  private static func isValid(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  private func frame(
    _ kind: FrameKind, _ payload: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> ScriptRun.Step {
    .send(ClientFrame.bytes(kind, payload, mask: UInt32.random(in: 0 ... .max, using: &generator)))
  }

  /// Says goodbye, and fails.
  private mutating func fail(
    _ failure: Failure?, using generator: inout some RandomNumberGenerator
  ) -> [ScriptRun.Step] {
    let goodbye = frame(.close, ClientFrame.closing(1000), using: &generator)
    return [goodbye] + end(failure ?? Failure(.content, detail: "the answer is not as expected"))
  }

  private mutating func end(_ failure: Failure?) -> [ScriptRun.Step] {
    state = .over
    search = nil
    awaitsClose = false
    return [failure.map { .failed($0) } ?? .met]
  }
}
