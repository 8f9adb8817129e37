import Logging
import Model
import NIOCore
import OpenSSL
import Postgres
import Signing
import Store
import Wire

// What the state machines want done.
extension IngressHandler {
  /// Does what is to be done, in order.
  func perform(_ directives: [Directive]) {
    for directive in directives where !isClosing { perform(directive) }
    flush()
  }

  private func perform(_ directive: Directive) {
    switch directive {
    case .send(let frame): send(frame)
    case .sendTagged(let type, let body): sendTagged(type, body)
    case .findAgent(let id): findAgent(id)
    case .begin(let authenticated): begin(authenticated)
    case .enrol(let request): enrol(request)
    case .goLive(let keys): goLive(keys)
    case .loadAssignment: loadAssignment()
    case .storeAlive(let alive): core.alive.put(alive)
    case .probeDone(let done): finish(done)
    case .overdue(let overdue): tell(overdue)
    case .tried(let tried): finish(tried)
    case .keepPendingRoot(let root): keep(root)
    case .close(let reason): close(reason)
    }
  }

  private func sendTagged(_ type: FrameType, _ body: [UInt8]) {
    guard let live, body.count <= type.bodyLimit, let frame = try? live.sealer.seal(type, body)
    else {
      return close(.refused(.internal, "a frame could not be sealed"))
    }
    send(frame)
  }

  // MARK: - Asking the store

  /// As `ask`, for what the handshake waits for: not worth the store's time once the peer has gone,
  /// as many have where the store was slow for a while.
  private func askInHandshake<Answer: Sendable>(
    _ body: @escaping @Sendable (SessionStore, Connection) throws -> Answer,
    then: @escaping @Sendable (IngressHandler, Result<Answer, any Error>) -> Void
  ) {
    let isOver = isOver
    ask(
      { store, connection in
        if isOver.isRaised { throw CancellationError() }
        return try body(store, connection)
      }, then: then)
  }

  /// Runs `body` on a thread of the store's pool and `then` on this channel's event loop.
  func ask<Answer: Sendable>(
    _ body: @escaping @Sendable (SessionStore, Connection) throws -> Answer,
    then: @escaping @Sendable (IngressHandler, Result<Answer, any Error>) -> Void
  ) {
    guard let loop = context?.eventLoop else { return }
    let me = NIOLoopBound(self, eventLoop: loop)
    let store = core.store
    let awaited = core.awaited
    awaited.enter()
    core.pool.submit({ connection in try body(store, connection) }) { result in
      loop.execute {
        awaited.leave()
        let handler = me.value
        guard !handler.isClosing else { return }
        if case .failure(let error) = result {
          handler.log.warning("the store did not answer", metadata: ["error": "\(error)"])
        }
        then(handler, result)
        handler.flush()
      }
    }
  }

  /// A question without which the connection can't go on was not answered.
  func storeFailed() {
    if live != nil {
      let end = End(
        .overload, minimumDelayMs: 2000, maximumDelayMs: 10_000,
        message: "the collector can't reach its store")
      perform([
        .sendTagged(.error, ErrorFrame(end).encoded()),
        .close(.refused(.overload, "the store did not answer")),
      ])
    } else {
      perform(machine.storeFailed())
    }
  }

  private func findAgent(_ id: AgentID) {
    setDeadline(afterMs: core.limits.storeMs)
    askInHandshake({ store, connection in try store.find(id, connection) }) { handler, result in
      switch result {
      case .success(let agent):
        handler.perform(handler.machine.agentFound(agent, at: handler.core.now()))
      case .failure: handler.storeFailed()
      }
    }
  }

  private func begin(_ authenticated: Authenticated) {
    let collector = core.collector
    askInHandshake({ store, connection in
      try store.begin(authenticated, collector: collector, connection)
    }) { handler, result in
      switch result {
      case .success(.session(let beginning, let isCloned, let rotationIsDue)):
        if isCloned {
          handler.log.error(
            "two machines use this agent's identity: revoke it and enrol both anew",
            metadata: ["agent": "\(authenticated.agent.id)"])
        }
        handler.begun = (authenticated, beginning, rotationIsDue)
        handler.perform(handler.machine.sessionBegan(beginning, at: handler.core.now()))
      case .success(.refused), .failure: handler.storeFailed()
      }
    }
  }

  private func enrol(_ request: EnrolmentRequest) {
    setDeadline(afterMs: core.limits.storeMs)
    askInHandshake({ store, connection in try store.enrol(request, connection) }) {
      handler, result in
      handler.perform(
        handler.machine.enrolled((try? result.get()) ?? EnrolmentOutcome.unavailable))
    }
  }

  // MARK: - A live session

  private func goLive(_ keys: SessionKeys) {
    guard let (authenticated, beginning, rotationIsDue) = begun, let context else { return }
    begun = nil
    let session = LiveSession(
      authenticated, beginning, limits: core.limits, at: core.now())
    var intake = ResultsIntake(
      agentKey: session.agent.key, region: session.agent.region, boot: session.boot)
    intake.slots.assign(
      Self.places(beginning.assignment.places, told: beginning.told))
    guard let live = try? LiveLink(session: session, intake: intake, keys: keys) else {
      return close(.refused(.internal, "the session's keys could not be set"))
    }
    self.live = live
    cancelDeadline()
    leaveGate()
    log[metadataKey: "agent"] = "\(session.agent.id)"
    log.info(
      "session begun",
      metadata: [
        "software": "\(authenticated.software)", "region": "\(session.agent.region)",
        "generation": "\(session.generation)",
      ])
    warn(of: beginning.assignment)
    let loop = context.eventLoop
    let me = NIOLoopBound(self, eventLoop: loop)
    core.registry.add(
      session.agent.key,
      SessionRegistry.Entry(generation: session.generation) { news in
        loop.execute { me.value.take(news) }
      })
    core.registry.leave(machine.context.session)
    ticks = loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { _ in
      let handler = me.value
      guard let live = handler.live else { return }
      handler.perform(live.session.tick(at: handler.core.now()))
      if live.session.isRotationReady { handler.rotate() }
    }
    if !core.pins.isEmpty { sendTagged(.pins, Pins(hashes: core.pins).encoded()) }
    perform(live.session.assignmentLoaded(beginning.assignment))
    live.errands.wantsTries = true
    askForProbes()
    if rotationIsDue { rotate() }
  }

  private static func places(
    _ places: [UInt64: SlotTable.Place], told: [UInt64: ResultOutcome]
  ) -> [UInt64: SlotTable.Place] {
    var places = places
    for (slot, outcome) in told { places[slot]?.told = outcome }
    return places
  }

  /// The session is over: others may know.
  func ended(_ live: LiveLink) {
    let (agentKey, generation) = (live.session.agent.key, live.session.generation)
    core.registry.remove(agentKey, generation: generation)
    log.info("session ended")
    let isBroken = !live.session.isDraining && isBrokenOff
    let alive = core.alive
    core.pool.submit({ connection in
      try Sessions.end(
        agentKey: agentKey, generation: generation, isBroken: isBroken, connection)
    }) { result in
      if case .success(let news?) = result { alive.tell([news]) }
    }
  }

  /// Something happened elsewhere that concerns this session.
  func take(_ news: SessionNews) {
    guard let live, !isClosing else { return }
    switch news {
    case .assignmentChanged: perform(live.session.assignmentChanged())
    case .assignmentStands(let revision):
      perform(live.session.assignmentStands(at: revision))
    case .probesWait: askForProbes()
    case .triesWait: askForTries()
    case .revoked: perform(live.session.revoked())
    case .replacedBy(let generation):
      if generation > live.session.generation { perform(live.session.replaced()) }
    case .rotate: rotate()
    case .shutDown: perform(live.session.shutDown())
    }
    flush()
  }

  private func loadAssignment() {
    guard let agentKey = live?.session.agent.key else { return }
    ask({ store, connection in try store.assignment(agentKey, connection) }) { handler, result in
      guard let live = handler.live else { return }
      let snapshot = try? result.get()
      if let snapshot {
        live.intake.slots.assign(snapshot.places)
        handler.warn(of: snapshot)
      }
      handler.perform(live.session.assignmentLoaded(snapshot))
    }
  }

  private func warn(of snapshot: AssignmentSnapshot) {
    guard !snapshot.unreadable.isEmpty else { return }
    let keys = snapshot.unreadable.prefix(10).map(String.init).joined(separator: " ")
    log.error(
      "monitors are not probed, since their stored checks can't be read: save them anew",
      metadata: ["count": "\(snapshot.unreadable.count)", "monitor_keys": "\(keys)"])
  }

  private func askForProbes() {
    live?.errands.wantsProbes = true
    runErrands()
  }

  /// Looks for questions again when the next has its turn.
  private func askForProbes(inMs delayMs: Int64) {
    guard let live, !live.looksForProbes else { return }
    live.looksForProbes = true
    guard let loop = context?.eventLoop else { return }
    let me = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(max(20, min(delayMs, 5_000)))) {
      guard let live = me.value.live else { return }
      live.looksForProbes = false
      me.value.askForProbes()
    }
  }

  private func askForTries() {
    live?.errands.wantsTries = true
    runErrands()
  }

  private func finish(_ tried: Tried) {
    guard let live, live.openTries.remove(tried.id) != nil else { return }
    live.errands.tried.append(tried)
    runErrands()
  }

  private func finish(_ done: ProbeDone) {
    guard let live, live.openProbes.remove(done.id) != nil else { return }
    live.errands.done.append(done)
    runErrands()
  }

  private func tell(_ overdue: Overdue) {
    guard let live, let index = live.intake.slots.index(of: overdue.slot),
      live.intake.slots.places[index].isHeld, let slot = Int64(exactly: overdue.slot)
    else { return }
    let now = core.now().monotonicMs
    // Once a probe, and no probe of a slot follows another within a second.
    if let last = live.overdue[overdue.slot], now - last < 1000 { return }
    if live.overdue.count > 10_000 { live.overdue = [:] }
    live.overdue[overdue.slot] = now
    live.errands.overdue.insert(slot)
    runErrands()
  }

  /// Tells the store what waits, and sends on the "probe now" that it gives.
  private func runErrands() {
    guard let live, let errands = live.errands.next() else { return }
    let agentKey = live.session.agent.key
    let takesTries = live.session.takesTries
    ask({ store, connection in
      try store.run(errands, agentKey, takesTries: takesTries, connection)
    }) {
      handler, result in
      guard let live = handler.live else { return }
      guard let answer = try? result.get() else {
        live.errands.failed(errands)
        return handler.retryErrands()
      }
      for probe in answer.probes {
        // Those that were never answered are forgotten, the engine has given them up long since.
        if live.openProbes.count > Errands.limit { live.openProbes = [] }
        live.openProbes.insert(probe.id)
        handler.perform([.sendTagged(.probeNow, probe.encoded())])
      }
      for question in answer.tries {
        // Those that were never answered are nobody's any more.
        if live.openTries.count > Errands.limit { live.openTries = [] }
        live.openTries.insert(question.id)
        handler.perform([.sendTagged(.try, question.encoded())])
      }
      if let unreadable = answer.unreadable {
        handler.log.error(
          "questions were dropped, since the monitors that they are about can't be read",
          metadata: ["count": "\(unreadable.count)", "reason": "\(unreadable.reason)"])
      }
      live.errands.answered(hasMoreProbes: answer.hasMoreProbes)
      if let nextMs = answer.nextMs { handler.askForProbes(inMs: nextMs) }
      handler.runErrands()
    }
  }

  private func retryErrands() {
    guard let loop = context?.eventLoop else { return }
    let me = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(500)) {
      guard let live = me.value.live, !me.value.isClosing else { return }
      live.errands.retry()
      me.value.runErrands()
    }
  }

  private func rotate() {
    guard let live, let keyPair = try? X25519(), let nonce = try? randomBytes(32) else { return }
    perform(live.session.rotate(keyPair: keyPair, nonce: nonce))
  }

  private func keep(_ root: KnownAgent.Root) {
    guard let agent = live?.session.agent else { return }
    ask({ store, connection in
      try KeyRotation.keepPending(
        root.bytes, keyID: Int32(clamping: root.keyID), agent: agent.id, key: store.key,
        connection)
    }) { handler, result in
      if case .success = result { handler.log.info("the agent's key was changed") }
    }
  }
}
