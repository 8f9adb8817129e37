import Model
import OpenSSL
import Postgres
import Signing
import Store
import Wire

/// A session whose two sides are proven: what each frame and each of the store's answers leads to.
///
/// It draws no randomness, reads no clock and asks no store. RESULTS come through
/// ``LiveSession/admit(_:byteCount:)``, since their bytes stay in the socket's buffer.
struct LiveSession: Sendable {
  private(set) var agent: KnownAgent
  let generation: Int64
  let boot: BootID
  let connectedSinceMs: Int64
  /// Whether the agent may be sent TRY.
  let takesTries: Bool
  let limits: IngressLimits
  private(set) var streams: [StreamID: StreamLedger] = [:]
  private(set) var credit: CreditAccount
  private var watermark: WatermarkGate
  private var assignment: AssignmentFlow
  private var rotation = RotationFlow()
  /// Agent time and when it was told.
  private var agentTime: (agentMs: Int64, heardMs: Int64)?
  private var lastHeardMs: Int64
  private var lastPingMs: Int64
  private var pings: UInt64 = 0
  /// The last ALIVE, for the store.
  private var lastAlive: Alive?
  /// What the previous root may still sign.
  private let allowance: [StreamID: UInt64]
  /// Whether the agent has proven the root in force, not one that is still pending.
  private let provesCurrentRoot: Bool
  /// The streams but the live one that AUTH named, and their last sequences, where it named as many
  /// as it can.
  private var backlog: [StreamID: UInt64] = [:]
  private var isRotationOwed = false
  /// Set once GOAWAY was sent.
  private(set) var isDraining = false

  init(
    _ authenticated: Authenticated, _ beginning: SessionBeginning, limits: IngressLimits,
    at now: Moment
  ) {
    var agent = authenticated.agent
    if beginning.isPromoted, let pending = agent.pending {
      agent.previous = agent.current
      agent.current = pending
      agent.pending = nil
    }
    self.agent = agent
    self.limits = limits
    generation = beginning.generation
    boot = authenticated.boot
    takesTries = authenticated.takesTries
    connectedSinceMs = now.wallMs
    credit = CreditAccount(limit: limits.credit)
    watermark = WatermarkGate(effectiveMs: beginning.watermarkMs)
    assignment = AssignmentFlow(heldRevision: authenticated.assignmentRevision)
    allowance = beginning.allowance
    provesCurrentRoot = beginning.isPromoted || !authenticated.provesPendingRoot
    if authenticated.mayHaveMoreStreams {
      // The last one is the live stream.
      for stream in authenticated.streams.dropLast() { backlog[stream.id] = stream.lastAssigned }
    }
    lastHeardMs = now.monotonicMs
    lastPingMs = now.monotonicMs
    for stream in beginning.streams {
      streams[stream.id] = StreamLedger(key: stream.key, committed: stream.committed)
    }
  }

  // MARK: - Time

  /// Agent time as far as it is known; collector time less the batch's own offset where it is not.
  func agentMs(at now: Moment, clockOffsetMs: Int64) -> Int64 {
    guard let agentTime else { return now.wallMs &- clockOffsetMs }
    return agentTime.agentMs &+ (now.monotonicMs &- agentTime.heardMs)
  }

  /// Something came from the agent.
  mutating func heard(at now: Moment) { lastHeardMs = now.monotonicMs }

  /// To be called every few seconds.
  mutating func tick(at now: Moment) -> [Directive] {
    let silence = now.monotonicMs - lastHeardMs
    if silence >= limits.deadAfterMs { return [.close(.silence)] }
    guard silence >= limits.pingAfterMs, now.monotonicMs - lastPingMs >= limits.pingAfterMs else {
      return []
    }
    lastPingMs = now.monotonicMs
    pings += 1
    return [.sendTagged(.ping, Ping(token: pings).encoded())]
  }

  // MARK: - Frames but RESULTS

  /// A frame whose tag is right has come.
  mutating func received(
    _ type: FrameType, _ body: [UInt8], at now: Moment
  ) throws(FrameError) -> [Directive] {
    do throws(WireError) {
      switch type {
      // An agent that does not know them may use their numbers for what we don't know.
      case .try where !takesTries, .tried where !takesTries: return []
      case .alive: return received(try Alive(decoding: body), at: now)
      case .timeRequest:
        let request = try TimeRequest(decoding: body)
        agentTime = (request.t1, now.monotonicMs)
        let response = TimeResponse(t1: request.t1, t2: now.wallMs, t3: now.wallMs)
        return [.sendTagged(.timeResponse, response.encoded())]
      case .ping:
        return [.sendTagged(.pong, Pong(token: try Ping(decoding: body).token).encoded())]
      case .pong: return []
      case .assignAck:
        let ack = try AssignAck(decoding: body)
        return assignment.acknowledged(ack) ? [.loadAssignment] : []
      case .probeDone: return [.probeDone(try ProbeDone(decoding: body))]
      case .overdue: return [.overdue(try Overdue(decoding: body))]
      case .tried: return [.tried(try Tried(decoding: body))]
      case .keyRotated: return received(try KeyRotated(decoding: body), body)
      case .error, .goAway:
        let code = body.first ?? 0
        return [.close(.peerEnded(code))]
      case .hello, .auth, .enroll, .results, .challenge, .welcome, .enrolled, .assignFull,
        .assignDelta, .ack, .nack, .credit, .probeNow, .try, .timeResponse, .keyRotate, .pins:
        break
      }
    } catch {
      throw .body(type, error)
    }
    throw .unexpected(type)
  }

  private mutating func received(_ alive: Alive, at now: Moment) -> [Directive] {
    agentTime = (alive.nowMs, now.monotonicMs)
    lastAlive = alive
    watermark.told(alive.watermarkMs, isHeld: isBehind)
    return [.storeAlive(live(alive))]
  }

  private func live(_ alive: Alive) -> AgentLive {
    AgentLive(
      agentKey: agent.key, generation: generation, boot: boot,
      connectedSince: .init(milliseconds: connectedSinceMs), watermarkMs: watermark.effectiveMs,
      monoNowMs: alive.nowMs, assignmentRevision: Int64(clamping: alive.assignmentRevision),
      spoolBytes: Int64(clamping: alive.spoolBytes), dropped: Int64(clamping: alive.droppedResults),
      loopLagMs: Int32(clamping: alive.loopLagMs), canaries: Int32(alive.canaries),
      clockSteps: Int32(clamping: alive.clockSteps), failing: Int32(clamping: alive.failingTargets),
      canarySetMs: alive.canarySetMs)
  }

  private mutating func received(_ rotated: KeyRotated, _ body: [UInt8]) -> [Directive] {
    // A wrong proof is ignored: the agent keeps its present root, which is in force.
    guard let root = try? rotation.confirmed(rotated, body: body, agent) else { return [] }
    agent.pending = root
    return [.keepPendingRoot(root)]
  }

  // MARK: - RESULTS

  /// What is to be done with a RESULTS frame, by its header.
  enum Admission: Sendable {
    /// Check its signature under this root and take it apart; settle it by this number.
    case take(number: UInt64, streamKey: Int64, root: KnownAgent.Root)
    /// Its stream must be asked for first.
    case unknownStream
    /// It is refused.
    case refuse([Directive])
  }

  /// What follows on a RESULTS body of another agent; `nil` for one of this agent, or one too short
  /// to tell. To be asked before anything else in the body is believed.
  func foreign(_ body: UnsafeRawBufferPointer) -> [Directive]? {
    guard body.count >= bodyCodeCount else { return nil }
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: body.dropLast(bodyCodeCount)))
    do throws(WireError) {
      let stream: StreamID = try reader.identifier()
      let sequence = try reader.uint64()
      let owner: AgentID = try reader.identifier()
      guard owner != agent.id else { return nil }
      return nack(stream, sequence, .wrongAgent, "this batch is another agent's") + [
        .close(.refused(.auth, "a batch of agent \(owner)"))
      ]
    } catch {
      return nil
    }
  }

  /// Judges a RESULTS frame of this agent by its header. `byteCount` is the whole frame's.
  mutating func admit(_ header: ResultsHeader, byteCount: Int) -> Admission {
    guard let stream = streams[header.stream] else {
      return streams.count < Self.streamLimit
        ? .unknownStream : .refuse(nack(header, .busy, "too many streams in one session"))
    }
    guard let root = root(for: header) else {
      streams[header.stream]?.refuse(header.sequence)
      return .refuse(nack(header, .badSignature, "the key is not accepted for this batch"))
    }
    guard credit.take(byteCount) else {
      streams[header.stream]?.refuse(header.sequence)
      return .refuse(nack(header, .busy, "beyond the credit", retryMs: 1000))
    }
    return .take(number: watermark.batchTaken(), streamKey: stream.key, root: root)
  }

  /// Streams that one session may use; an agent has a handful.
  private static let streamLimit = 256

  private func root(for header: ResultsHeader) -> KnownAgent.Root? {
    if header.keyID == agent.current.keyID { return agent.current }
    if let pending = agent.pending, header.keyID == pending.keyID { return pending }
    guard let previous = agent.previous, header.keyID == previous.keyID,
      let last = allowance[header.stream], header.sequence <= last
    else { return nil }
    return previous
  }

  /// The store was asked for a stream; `nil` where it is another agent's.
  mutating func streamOpened(_ id: StreamID, key: Int64, committed: UInt64) {
    if streams[id] == nil { streams[id] = StreamLedger(key: key, committed: committed) }
  }

  /// A batch that was taken came to its end.
  mutating func settled(
    _ number: UInt64, _ header: ResultsHeader, byteCount: Int, _ end: BatchEnd
  ) -> [Directive] {
    credit.answered(byteCount)
    let before = watermark.effectiveMs
    var directives: [Directive]
    switch end {
    case .stored(let committed, let rejected):
      streams[header.stream]?.commit(upTo: committed, rejected: rejected)
      directives = [ack(header.stream)]
    case .refused(let code, let committed, let retryMs, let message):
      if let committed { streams[header.stream]?.commit(upTo: committed, rejected: 0) }
      streams[header.stream]?.refuse(header.sequence)
      directives = nack(header, code, message, retryMs: retryMs)
    case .fenced:
      directives = replaced()
    case .unknown:
      let end = End(
        .internal, minimumDelayMs: 200, maximumDelayMs: 2000,
        message: "whether a batch was stored is not known; the next session tells")
      directives = [
        .sendTagged(.error, ErrorFrame(end).encoded()),
        .close(.refused(.internal, "the outcome of a commit is unknown")),
      ]
    }
    watermark.batchSettled(number, isHeld: isBehind)
    // The agent told this before; it takes effect only now.
    if watermark.effectiveMs > before, let lastAlive {
      directives.append(.storeAlive(live(lastAlive)))
    }
    return directives
  }

  /// How a batch ended.
  enum BatchEnd: Sendable {
    /// Stored, now or before, with all up to `committed`.
    case stored(committed: UInt64, rejected: Int)
    case refused(Nack.Code, committed: UInt64?, retryMs: UInt32, message: String)
    /// A newer session has taken over.
    case fenced
    /// Whether it was stored is not known.
    case unknown
  }

  private var isBehind: Bool { streams.values.contains { $0.isBehind } }

  private mutating func ack(_ id: StreamID) -> Directive {
    let committed = streams[id]?.committed ?? 0
    let rejected = streams[id]?.takeRejected() ?? 0
    let ack = Ack(stream: id, committed: committed, credit: limits.credit, rejected: rejected)
    return .sendTagged(.ack, ack.encoded())
  }

  private func nack(
    _ header: ResultsHeader, _ code: Nack.Code, _ message: String, retryMs: UInt32 = 0
  ) -> [Directive] {
    nack(header.stream, header.sequence, code, message, retryMs: retryMs)
  }

  private func nack(
    _ stream: StreamID, _ sequence: UInt64, _ code: Nack.Code, _ message: String,
    retryMs: UInt32 = 0
  ) -> [Directive] {
    let nack = Nack(
      stream: stream, sequence: sequence, code: code,
      expected: (streams[stream]?.committed ?? 0) &+ 1, retryMs: retryMs, message: message)
    return [.sendTagged(.nack, nack.encoded())]
  }

  /// A RESULTS body whose header does not decode has come: refused by the stream and sequence that
  /// it begins with, if it has even those.
  mutating func undecodable(_ body: UnsafeRawBufferPointer) throws(FrameError) -> [Directive] {
    do throws(WireError) {
      var reader = ByteReader(body)
      let stream: StreamID = try reader.identifier()
      let sequence = try reader.uint64()
      streams[stream]?.refuse(sequence)
      return nack(stream, sequence, .malformed, "the batch does not decode")
    } catch {
      throw .body(.results, error)
    }
  }

  /// A stream that a batch names is another agent's.
  func foreignStream(_ header: ResultsHeader) -> [Directive] {
    nack(header, .wrongAgent, "this stream is another agent's") + [
      .close(.refused(.auth, "a batch in another agent's stream"))
    ]
  }

  /// A batch that was taken is put back: its slots must be asked for first.
  mutating func retract(_ number: UInt64, byteCount: Int) {
    credit.answered(byteCount)
    watermark.batchSettled(number, isHeld: true)
  }

  // MARK: - News from elsewhere

  /// The store's assignment may have changed.
  mutating func assignmentChanged() -> [Directive] {
    assignment.changed() ? [.loadAssignment] : []
  }

  /// The store was seen to hold this revision of the assignment.
  mutating func assignmentStands(at revision: UInt64) -> [Directive] {
    assignment.stands(at: revision) ? [.loadAssignment] : []
  }

  /// The store gave the assignment, or `nil` where it could not.
  mutating func assignmentLoaded(_ snapshot: AssignmentSnapshot?) -> [Directive] {
    guard let snapshot else {
      assignment.failed()
      return []
    }
    let (frames, again) = assignment.loaded(snapshot)
    return frames + (again ? [.loadAssignment] : [])
  }

  /// A new root is to be agreed on: now, or as soon as ``mayRotate`` holds.
  mutating func rotate(keyPair: X25519, nonce: [UInt8]) -> [Directive] {
    isRotationOwed = !mayRotate
    guard mayRotate else { return [] }
    return rotation.begin(agent, keyPair: keyPair, nonce: nonce).map { [$0] } ?? []
  }

  /// Whether a rotation that had to wait can be offered now.
  var isRotationReady: Bool { isRotationOwed && mayRotate }

  /// Whether a root that is offered now can take effect in the next handshake: the agent has proven
  /// the one in force, and of the streams it named one at least is done where there may be more.
  private var mayRotate: Bool {
    provesCurrentRoot
      && (backlog.isEmpty || backlog.contains { streams[$0.key].map(\.committed) ?? 0 >= $0.value })
  }

  /// A newer session of the same agent has begun.
  func replaced() -> [Directive] {
    let end = End(
      .replaced, minimumDelayMs: 30_000, maximumDelayMs: 60_000,
      message: "a newer session of this agent took over")
    return [
      .sendTagged(.error, ErrorFrame(end).encoded()),
      .close(.refused(.replaced, "a newer session took over")),
    ]
  }

  /// The agent was revoked.
  func revoked() -> [Directive] {
    let end = End(.revoked, message: "this agent was revoked")
    return [
      .sendTagged(.error, ErrorFrame(end).encoded()),
      .close(.refused(.revoked, "the agent was revoked")),
    ]
  }

  /// The collector goes away: the agent sends no more, takes its acks and leaves.
  mutating func shutDown() -> [Directive] {
    guard !isDraining else { return [] }
    isDraining = true
    let end = End(
      .shutdown, minimumDelayMs: 0, maximumDelayMs: 5000, message: "the collector is going away")
    return [.sendTagged(.goAway, GoAway(end).encoded())]
  }
}
