import Model
import OpenSSL
import Signing
import Wire

/// The handshake of one connection: what may come when, and what follows.
///
/// It draws no randomness, reads no clock and asks no store; what it needs it is given, and what is
/// to be done it returns. Until AUTH has come, nothing outside the connection is touched.
///
/// ```
/// awaitingFirstFrame -HELLO-> challenged -AUTH-> identifying -found-> beginning -begun-> live
/// awaitingFirstFrame -ENROLL-> enrolling -redeemed-> ending
/// any -ERROR sent or received, GOAWAY received, time over-> ending
/// ```
struct SessionMachine: Sendable {
  /// Where a connection stands.
  enum State: Hashable, Sendable {
    /// No frame has come yet. Becomes `challenged`, `enrolling` or `ending`.
    case awaitingFirstFrame
    /// HELLO was answered and AUTH is awaited. Becomes `identifying` or `ending`.
    case challenged(Challenged)
    /// AUTH has come and the store is asked for the agent. Becomes `beginning` or `ending`.
    case identifying(Identifying)
    /// The agent's proof held and the store begins the session. Becomes `live` or `ending`.
    case beginning(Beginning)
    /// ENROLL has come and the store is asked to redeem the token. Becomes `ending`.
    case enrolling(EnrolmentRequest)
    /// Both sides are proven. Becomes `ending`.
    case live
    /// Nothing more is taken. Becomes nothing.
    case ending
  }

  /// HELLO and CHALLENGE, as they went over the wire.
  struct Challenged: Hashable, Sendable {
    var hello: Hello
    var helloFrame: [UInt8]
    var challengeFrame: [UInt8]
  }

  /// AUTH, which no one has checked yet.
  struct Identifying: Hashable, Sendable {
    var challenged: Challenged
    var auth: Auth
    var authFrame: [UInt8]
    var receivedAtMs: Int64
  }

  /// An agent that has proven itself.
  struct Beginning: Hashable, Sendable {
    var identifying: Identifying
    var authenticated: Authenticated
    var keys: AgentKeys
  }

  private(set) var state = State.awaitingFirstFrame
  let context: SessionContext
  let limits: IngressLimits

  init(context: SessionContext, limits: IngressLimits) {
    self.context = context
    self.limits = limits
  }

  // MARK: - Frames before the session is live

  /// A whole frame has come; `type` is `nil` for none that is known.
  mutating func received(_ type: FrameType, _ frame: [UInt8], at now: Moment) -> [Directive] {
    switch state {
    case .awaitingFirstFrame:
      switch type {
      case .hello: return received(hello: frame, at: now)
      case .enroll: return received(enroll: frame)
      default: return failed(.unexpected(type))
      }
    case .challenged(let challenged):
      switch type {
      case .auth: return received(auth: frame, challenged, at: now)
      case .error, .goAway: return peerEnded(frame)
      default: return failed(.unexpected(type))
      }
    case .identifying, .beginning, .enrolling:
      switch type {
      case .error, .goAway: return peerEnded(frame)
      default: return failed(.unexpected(type))
      }
    case .live: return failed(.unexpected(type))
    case .ending: return []
    }
  }

  private mutating func received(hello frame: [UInt8], at now: Moment) -> [Directive] {
    let hello: Hello
    do throws(WireError) {
      hello = try Hello(decoding: Self.body(of: frame))
    } catch {
      return failed(.body(.hello, error))
    }
    guard (hello.minimumVersion...hello.maximumVersion).contains(Frame.version) else {
      return end(.version, "this collector speaks version \(Frame.version) of the protocol")
    }
    let challenge = Challenge(
      version: Frame.version, features: hello.features & Features.tries,
      collector: context.collector, session: context.session, nonce: context.nonce,
      wallMs: now.wallMs)
    let challengeFrame = Frame.encode(challenge)
    state = .challenged(
      Challenged(hello: hello, helloFrame: frame, challengeFrame: challengeFrame))
    return [.send(challengeFrame)]
  }

  private mutating func received(
    auth frame: [UInt8], _ challenged: Challenged, at now: Moment
  ) -> [Directive] {
    do throws(WireError) {
      let auth = try Auth(decoding: Self.body(of: frame))
      state = .identifying(
        Identifying(
          challenged: challenged, auth: auth, authFrame: frame, receivedAtMs: now.wallMs))
      return [.findAgent(challenged.hello.agent)]
    } catch {
      return failed(.body(.auth, error))
    }
  }

  private mutating func received(enroll frame: [UInt8]) -> [Directive] {
    do throws(WireError) {
      let request = EnrolmentRequest(
        enroll: try Enroll(decoding: Self.body(of: frame)), frame: frame,
        channelBinding: context.channelBinding)
      state = .enrolling(request)
      return [.enrol(request)]
    } catch {
      return failed(.body(.enroll, error))
    }
  }

  private mutating func peerEnded(_ frame: [UInt8]) -> [Directive] {
    state = .ending
    let body = Self.body(of: frame)
    return [.close(.peerEnded(body.first ?? 0))]
  }

  // MARK: - The store's answers

  /// The agent that was asked for, or `nil` where there is none of this name.
  mutating func agentFound(_ agent: KnownAgent?, at now: Moment) -> [Directive] {
    switch state {
    case .identifying(let identifying):
      do {
        return try judge(identifying, agent)
      } catch {
        return end(.internal, "the collector could not check the proof")
      }
    case .awaitingFirstFrame, .challenged, .beginning, .enrolling, .live, .ending: return []
    }
  }

  private mutating func judge(
    _ identifying: Identifying, _ agent: KnownAgent?
  ) throws(OpenSSLError) -> [Directive] {
    let hello = identifying.challenged.hello
    let root = agent?.root(for: hello.keyID)
    // For an unknown agent or key the same work is done with a key that nobody has.
    let keys = try AgentKeys(root: root?.bytes ?? context.decoyRoot)
    let proof = try handshake(identifying, keys)
      .agentProof(remainder: Array(Self.body(of: identifying.authFrame).dropFirst(bodyCodeCount)))
    let holds = equalInConstantTime(proof, identifying.auth.proof)
    guard holds, let agent, let root else { return refuse() }
    guard agent.isActive else { return end(.revoked, "this agent was revoked") }
    let authenticated = Authenticated(
      agent: agent, provesPendingRoot: root.keyID != agent.current.keyID,
      session: context.session, boot: hello.boot, streams: identifying.auth.streams,
      assignmentRevision: identifying.auth.assignmentRevision, software: hello.software,
      takesTries: hello.features & Features.tries != 0)
    state = .beginning(
      Beginning(identifying: identifying, authenticated: authenticated, keys: keys))
    return [.begin(authenticated)]
  }

  /// The session was begun in the store, or `nil` where it can't be.
  mutating func sessionBegan(_ beginning: SessionBeginning?, at now: Moment) -> [Directive] {
    switch state {
    case .beginning(let waiting):
      guard let beginning else {
        return end(.overload, "the collector can't reach its store", delayMs: 2000...10_000)
      }
      do {
        return try welcome(waiting, beginning, at: now)
      } catch {
        return end(.internal, "the collector could not make its proof")
      }
    case .awaitingFirstFrame, .challenged, .identifying, .enrolling, .live, .ending: return []
    }
  }

  private mutating func welcome(
    _ waiting: Beginning, _ beginning: SessionBeginning, at now: Moment
  ) throws(OpenSSLError) -> [Directive] {
    let identifying = waiting.identifying
    var welcome = Welcome(
      proof: [],
      streams: beginning.streams.map {
        Welcome.Stream(id: $0.id, committed: $0.committed, digest: $0.digest)
      }, credit: limits.credit, assignmentRevision: beginning.assignment.revision,
      leaseSeconds: limits.leaseSeconds, receivedAtMs: identifying.receivedAtMs,
      sentAtMs: now.wallMs, minimumAgent: limits.minimumAgent)
    let proof = try handshake(identifying, waiting.keys)
    welcome.proof = try proof.collectorProof(for: welcome, authFrame: identifying.authFrame)
    state = .live
    return [
      .send(Frame.encode(welcome)),
      .goLive(try proof.sessionKeys(authFrame: identifying.authFrame)),
    ]
  }

  /// The token was redeemed, with the frame to be sent; or not, for a reason.
  mutating func enrolled(_ outcome: EnrolmentOutcome) -> [Directive] {
    switch state {
    case .enrolling:
      switch outcome {
      case .answer(let frame):
        state = .ending
        return [.send(frame), .close(.enrolled)]
      case .refused: return refuse()
      case .unavailable:
        return end(.overload, "the collector can't reach its store", delayMs: 2000...10_000)
      }
    case .awaitingFirstFrame, .challenged, .identifying, .beginning, .live, .ending: return []
    }
  }

  // MARK: - Ends

  /// The store could not be asked.
  mutating func storeFailed() -> [Directive] {
    end(.overload, "the collector can't reach its store", delayMs: 2000...10_000)
  }

  /// The time for the handshake is over: the peer's, or the store's.
  mutating func timedOut() -> [Directive] {
    switch state {
    case .awaitingFirstFrame, .challenged:
      return end(.timeout, "the handshake took too long")
    case .identifying, .beginning, .enrolling: return storeFailed()
    case .live, .ending: return []
    }
  }

  /// The collector goes away before the session is live.
  mutating func shutDown() -> [Directive] {
    switch state {
    case .awaitingFirstFrame, .challenged, .identifying, .beginning, .enrolling:
      return end(.shutdown, "the collector is going away", delayMs: 0...5000)
    case .live, .ending: return []
    }
  }

  /// Bytes came that are no frame, or one that has no place here.
  mutating func failed(_ error: FrameError) -> [Directive] {
    switch error {
    case .version: return end(.version, error.description)
    case .length, .unknownType, .flags, .tag, .unexpected, .body:
      return end(.malformed, error.description)
    }
  }

  /// Bad token, proof, agent and key are not to be told apart.
  private mutating func refuse() -> [Directive] {
    end(.auth, "not accepted")
  }

  private mutating func end(
    _ code: EndCode, _ message: String, delayMs: ClosedRange<UInt32> = 0...0
  ) -> [Directive] {
    guard state != .ending else { return [] }
    let wasLive = state == .live
    state = .ending
    let end = End(
      code, minimumDelayMs: delayMs.lowerBound, maximumDelayMs: delayMs.upperBound,
      message: message)
    let frame = ErrorFrame(end)
    return [
      wasLive ? .sendTagged(.error, frame.encoded()) : .send(Frame.encode(frame)),
      .close(.refused(code, message)),
    ]
  }

  private func handshake(
    _ identifying: Identifying, _ keys: AgentKeys
  ) throws(OpenSSLError) -> HandshakeProof {
    try HandshakeProof(
      keys: keys, channelBinding: context.channelBinding,
      helloFrame: identifying.challenged.helloFrame,
      challengeFrame: identifying.challenged.challengeFrame)
  }

  /// The body of an untagged frame.
  static func body(of frame: [UInt8]) -> [UInt8] { Array(frame.dropFirst(Frame.headerCount)) }
}
