import Wire

/// The life of the agent's link: when to connect, to greet, to ping, to close and to come back.
///
/// It is told what happened and what time it is (milliseconds of a clock that does not step), and
/// answers with what is to be done. Frames and proofs are the shell's: `welcomed` may be told only
/// after the collector's proof held.
public struct LinkMachine: Equatable, Sendable {
  /// The peer must answer each step of the handshake within this.
  public static let handshakeMs: Int64 = 10_000
  /// After so long without a byte the peer is asked whether it is there.
  public static let pingMs: Int64 = 15_000
  /// After so long without a byte the session is dead.
  public static let deadMs: Int64 = 45_000
  /// So long acks are waited for after GOAWAY.
  public static let drainMs: Int64 = 5_000
  /// The least wait after another session of this agent took over.
  public static let replacedMs: Int64 = 30_000

  public enum State: Equatable, Sendable {
    /// Nothing is open; at the time given it becomes `connecting`.
    case waiting(untilMs: Int64)
    /// The shell is connecting; becomes `greeted` or `waiting`.
    case connecting
    /// HELLO is sent; CHALLENGE leads to `proven`.
    case greeted(sinceMs: Int64)
    /// AUTH is sent; a WELCOME that proves itself leads to `live`.
    case proving(sinceMs: Int64)
    /// Both sides are proven. `pingedMs` is the ping that waits for an answer.
    case live(sinceMs: Int64, heardMs: Int64, pingedMs: Int64?)
    /// GOAWAY came, or the way back to the first collector is taken: nothing new is sent, acks are
    /// waited for; then `waiting` until `returnMs`.
    case draining(untilMs: Int64, returnMs: Int64)
    /// The agent is stopping: what is spooled is sent and acks are waited for; then `stopped`.
    case stopping(untilMs: Int64)
    /// The end.
    case stopped
  }

  public enum Event: Equatable, Sendable {
    case timePassed
    case connected
    case connectFailed
    case challenged
    case welcomed
    /// Bytes came from the peer.
    case heard
    /// ERROR came; the connection is of no more use.
    case refused(EndCode?, minimumDelayMs: Int64, maximumDelayMs: Int64)
    /// GOAWAY came.
    case dismissed(EndCode?, minimumDelayMs: Int64, maximumDelayMs: Int64)
    /// The connection broke, or the peer broke the protocol.
    case lost
    /// No batch waits for an answer, and while stopping none is left to send.
    case settled
    /// The agent is to stop; acks are waited for until the time given.
    case stop(untilMs: Int64)
  }

  public enum Directive: Equatable, Sendable {
    /// Connect to the collector at this position of the list.
    case connect(Int)
    case sendHello
    case sendAuth
    /// Begin to send results, and obey.
    case startSession
    case sendPing
    /// Send no more results; acks may still come.
    case stopSending
    case close
    /// The link has ended for good.
    case finish
  }

  public private(set) var state: State
  public private(set) var collector: CollectorChoice
  private var backoff = Backoff()

  public init(collectors: Int, nowMs: Int64) {
    state = .waiting(untilMs: nowMs)
    collector = CollectorChoice(count: collectors)
  }

  /// When `timePassed` is to be told at the latest, unless something else happens before.
  public var wakeAtMs: Int64? {
    switch state {
    case .waiting(let untilMs): untilMs
    case .connecting, .stopped: nil
    case .greeted(let sinceMs), .proving(let sinceMs): sinceMs + Self.handshakeMs
    case .live(_, let heardMs, let pingedMs):
      min(
        pingedMs == nil ? heardMs + Self.pingMs : heardMs + Self.deadMs,
        collector.returnAtMs ?? Int64.max)
    case .draining(let untilMs, _), .stopping(let untilMs): untilMs
    }
  }

  /// Whether results may be sent now.
  public var maySend: Bool {
    switch state {
    case .live, .stopping: true
    case .waiting, .connecting, .greeted, .proving, .draining, .stopped: false
    }
  }

  /// Takes one event.
  public mutating func handle(
    _ event: Event, nowMs: Int64, using generator: inout some RandomNumberGenerator
  ) -> [Directive] {
    switch event {
    case .timePassed: return timePassed(nowMs, &generator)
    case .stop(let untilMs): return stop(untilMs: untilMs)
    case .connected:
      guard case .connecting = state else { return [] }
      state = .greeted(sinceMs: nowMs)
      return [.sendHello]
    case .connectFailed:
      guard case .connecting = state else { return [] }
      return fail(nowMs, &generator, closes: false)
    case .challenged:
      guard case .greeted = state else { return lost(nowMs, &generator) }
      state = .proving(sinceMs: nowMs)
      return [.sendAuth]
    case .welcomed:
      guard case .proving = state else { return lost(nowMs, &generator) }
      state = .live(sinceMs: nowMs, heardMs: nowMs, pingedMs: nil)
      collector.succeeded()
      return [.startSession]
    case .heard:
      if case .live(let sinceMs, _, _) = state {
        state = .live(sinceMs: sinceMs, heardMs: nowMs, pingedMs: nil)
      }
      return []
    case .settled: return settled()
    case .lost: return lost(nowMs, &generator)
    case .refused(let code, let minimumMs, let maximumMs):
      return refused(code, minimumMs, maximumMs, nowMs, &generator)
    case .dismissed(let code, let minimumMs, let maximumMs):
      return dismissed(code, minimumMs, maximumMs, nowMs, &generator)
    }
  }

  private mutating func timePassed(
    _ nowMs: Int64, _ generator: inout some RandomNumberGenerator
  ) -> [Directive] {
    switch state {
    case .waiting(let untilMs):
      guard nowMs >= untilMs else { return [] }
      if collector.isReturnDue(atMs: nowMs) { collector.returnToFirst() }
      state = .connecting
      return [.connect(collector.index)]
    case .greeted(let sinceMs), .proving(let sinceMs):
      return nowMs >= sinceMs + Self.handshakeMs ? fail(nowMs, &generator, closes: true) : []
    case .live(let sinceMs, let heardMs, let pingedMs):
      if nowMs >= heardMs + Self.deadMs { return lost(nowMs, &generator) }
      if collector.isReturnDue(atMs: nowMs) {
        collector.returnToFirst()
        state = .draining(untilMs: nowMs + Self.drainMs, returnMs: nowMs)
        return [.stopSending]
      }
      guard pingedMs == nil, nowMs >= heardMs + Self.pingMs else { return [] }
      state = .live(sinceMs: sinceMs, heardMs: heardMs, pingedMs: nowMs)
      return [.sendPing]
    case .draining(let untilMs, let returnMs):
      guard nowMs >= untilMs else { return [] }
      state = .waiting(untilMs: returnMs)
      return [.close]
    case .stopping(let untilMs):
      guard nowMs >= untilMs else { return [] }
      state = .stopped
      return [.close, .finish]
    case .connecting, .stopped: return []
    }
  }

  private mutating func stop(untilMs: Int64) -> [Directive] {
    switch state {
    case .live:
      state = .stopping(untilMs: untilMs)
      return []
    case .waiting:
      state = .stopped
      return [.finish]
    case .connecting, .greeted, .proving, .draining:
      state = .stopped
      return [.close, .finish]
    case .stopping, .stopped: return []
    }
  }

  private mutating func settled() -> [Directive] {
    switch state {
    case .draining(_, let returnMs):
      state = .waiting(untilMs: returnMs)
      return [.close]
    case .stopping:
      state = .stopped
      return [.close, .finish]
    case .waiting, .connecting, .greeted, .proving, .live, .stopped: return []
    }
  }

  private mutating func lost(
    _ nowMs: Int64, _ generator: inout some RandomNumberGenerator
  ) -> [Directive] {
    switch state {
    case .connecting, .greeted, .proving: return fail(nowMs, &generator, closes: true)
    case .live(let sinceMs, _, _):
      let wait = backoff.afterSession(livedMs: nowMs - sinceMs, using: &generator)
      state = .waiting(untilMs: nowMs + wait)
      return [.close]
    case .draining(_, let returnMs):
      state = .waiting(untilMs: max(nowMs, returnMs))
      return [.close]
    case .stopping:
      state = .stopped
      return [.close, .finish]
    case .waiting, .stopped: return []
    }
  }

  private mutating func refused(
    _ code: EndCode?, _ minimumMs: Int64, _ maximumMs: Int64, _ nowMs: Int64,
    _ generator: inout some RandomNumberGenerator
  ) -> [Directive] {
    switch state {
    case .waiting, .stopped: return []
    case .stopping: return lost(nowMs, &generator)
    case .connecting, .greeted, .proving, .live, .draining:
      var wait =
        minimumMs >= maximumMs
        ? minimumMs : Int64.random(in: minimumMs...maximumMs, using: &generator)
      switch code {
      case .auth, .revoked, .version:
        wait = max(wait, backoff.afterRefusal(using: &generator))
        collector.failed(atMs: nowMs, using: &generator)
      case .replaced:
        wait = max(wait, Self.replacedMs + backoff.afterFailure(using: &generator))
      case .malformed, .overload, .shutdown, .timeout, .internal, nil:
        wait = max(wait, backoff.afterFailure(using: &generator))
        if case .live = state {} else { collector.failed(atMs: nowMs, using: &generator) }
      }
      state = .waiting(untilMs: nowMs + wait)
      return [.close]
    }
  }

  private mutating func dismissed(
    _ code: EndCode?, _ minimumMs: Int64, _ maximumMs: Int64, _ nowMs: Int64,
    _ generator: inout some RandomNumberGenerator
  ) -> [Directive] {
    guard case .live = state else {
      return refused(code, minimumMs, maximumMs, nowMs, &generator)
    }
    var wait =
      minimumMs >= maximumMs
      ? minimumMs : Int64.random(in: minimumMs...maximumMs, using: &generator)
    if code == .replaced { wait = max(wait, Self.replacedMs) }
    state = .draining(untilMs: nowMs + Self.drainMs, returnMs: nowMs + wait)
    return [.stopSending]
  }

  private mutating func fail(
    _ nowMs: Int64, _ generator: inout some RandomNumberGenerator, closes: Bool
  ) -> [Directive] {
    collector.failed(atMs: nowMs, using: &generator)
    state = .waiting(untilMs: nowMs + backoff.afterFailure(using: &generator))
    return closes ? [.close] : []
  }
}
