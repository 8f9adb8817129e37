import Model

/// A conversation over one connection, from the moment it stands: asking for TLS in the clear, TLS, the
/// script or the WebSocket. Bytes and events go in, what is to be done comes out.
public struct StreamRun {
  public enum Step: Hashable, Sendable {
    case send([UInt8])
    case beginTLS
    /// It is over; `nil` where everything was met.
    case end(Failure?)
  }

  private enum State {
    /// Waits for a connection; becomes `negotiating`, `encrypting` or `talking`.
    case connecting
    /// Asks for TLS in the clear; becomes `encrypting`.
    case negotiating(StartTLSNegotiation)
    /// The handshake; becomes `talking`.
    case encrypting
    case talking(ScriptRun)
    case webSocket(WebSocketRun)
    case asking(MessageRun)
    case over
  }

  private let plan: StreamPlan
  private let key: WebSocketKey?
  private var state = State.connecting
  /// What the WebSocket's server closed with.
  public private(set) var closeCode: UInt16?
  /// Where the head of the WebSocket's server stands among the bytes that came.
  public private(set) var head: Range<Int>?
  /// To the plan's question.
  public private(set) var answer: [UInt8]?
  /// Whether the talk has brought anything.
  public private(set) var hasHeard = false

  /// - Parameter key: for a plan with a WebSocket.
  public init(_ plan: StreamPlan, key: WebSocketKey?) {
    self.plan = plan
    self.key = key
  }

  /// What it is at.
  public var stage: ConversationStage {
    switch state {
    case .connecting: .connecting
    case .negotiating(let negotiation): .negotiating(hasHeard: negotiation.hasHeard)
    case .encrypting: .encrypting
    case .talking(let script): .talking(hasHeard: script.hasHeard)
    case .webSocket(let run): .talking(hasHeard: run.hasHeard)
    case .asking(let run): .talking(hasHeard: run.hasHeard)
    case .over: .talking(hasHeard: hasHeard)
    }
  }

  /// The connection stands.
  public mutating func connected() -> [Step] {
    guard let tls = plan.tls else { return talk() }
    guard let startTLS = tls.startTLS else {
      state = .encrypting
      return [.beginTLS]
    }
    let negotiation = StartTLSNegotiation(startTLS, name: tls.serverName ?? tls.verifyName)
    state = .negotiating(negotiation)
    return negotiation.begin().map(Self.step)
  }

  /// TLS stands.
  public mutating func secured() -> [Step] {
    guard case .encrypting = state else { return [] }
    return talk()
  }

  /// Bytes came, in the clear before TLS and out of it after.
  public mutating func received(
    _ bytes: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [Step] {
    switch state {
    case .connecting, .encrypting, .over: return []
    case .negotiating(var negotiation):
      state = .over
      let steps = negotiation.take(bytes).map(Self.step)
      switch steps.last {
      case .beginTLS: state = .encrypting
      case .end: break
      case .send, nil: state = .negotiating(negotiation)
      }
      return steps
    case .talking(var script):
      state = .over
      let steps = script.take(bytes)
      state = .talking(script)
      hasHeard = script.hasHeard
      return carry(steps)
    case .webSocket(var run):
      state = .over
      let steps = run.take(bytes, using: &generator)
      state = .webSocket(run)
      hasHeard = run.hasHeard
      closeCode = run.closeCode
      head = run.head
      return carry(steps)
    case .asking(var run):
      state = .over
      let steps = run.take(bytes)
      state = .asking(run)
      hasHeard = run.hasHeard
      answer = run.answer
      return carry(steps)
    }
  }

  /// The peer has closed.
  public mutating func closed() -> [Step] {
    switch state {
    case .connecting, .over: return []
    case .negotiating(let negotiation): return end(negotiation.closedFailure)
    case .encrypting: return end(ConversationJudgement.failure(of: HandshakeTrouble.closed))
    case .talking(var script):
      let steps = script.closed()
      state = .talking(script)
      return carry(steps)
    case .webSocket(var run):
      let steps = run.closed()
      state = .webSocket(run)
      return carry(steps)
    case .asking(var run):
      let steps = run.closed()
      state = .asking(run)
      return carry(steps)
    }
  }

  private mutating func talk() -> [Step] {
    if let webSocket = plan.webSocket {
      guard let key else {
        return end(Failure(.agentFailed, detail: "the agent could not draw a key"))
      }
      var run = WebSocketRun(webSocket, key: key)
      let steps = run.begin()
      state = .webSocket(run)
      return carry(steps)
    }
    if let question = plan.question {
      var run = MessageRun(question)
      let steps = run.begin()
      state = .asking(run)
      return carry(steps)
    }
    var script = ScriptRun(plan.script)
    let steps = script.begin()
    state = .talking(script)
    return carry(steps)
  }

  private mutating func carry(_ steps: [ScriptRun.Step]) -> [Step] {
    steps.map { step in
      switch step {
      case .send(let bytes): return .send(bytes)
      case .met:
        state = .over
        return .end(nil)
      case .failed(let failure):
        state = .over
        return .end(failure)
      }
    }
  }

  private static func step(_ step: StartTLSNegotiation.Step) -> Step {
    switch step {
    case .send(let bytes): .send(bytes)
    case .beginTLS: .beginTLS
    case .failed(let failure): .end(failure)
    }
  }

  private mutating func end(_ failure: Failure) -> [Step] {
    state = .over
    return [.end(failure)]
  }
}
