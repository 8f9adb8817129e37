import AgentCore
import Linux
import Model
import OpenSSL
import Signing
import Spool
import Wire

extension Shipper {
  /// Does what a frame says. Before WELCOME only CHALLENGE, WELCOME and ERROR have a place.
  func take(_ frame: Session.Incoming) throws(SessionError) {
    guard let session else { return }
    switch frame.type {
    case .challenge:
      let challenge = try frame.decode(Challenge.self)
      try session.take(challenge, frame: frame.frame)
      carryOut(.challenged)
    case .welcome:
      let welcome = try frame.decode(Welcome.self)
      try session.take(welcome, body: frame.body)
      take(welcome, session)
    case .error: refused(try frame.decode(ErrorFrame.self).end)
    case .goAway where !session.isProven: refused(try frame.decode(GoAway.self).end)
    case .assignFull, .assignDelta, .ack, .nack, .credit, .probeNow, .try, .timeResponse, .ping,
      .pong,
      .keyRotate, .pins, .goAway:
      guard session.isProven else { throw .frame(.unexpected(frame.type)) }
      try takeProven(frame, session)
    case .hello, .auth, .enroll, .enrolled, .assignAck, .results, .probeDone, .overdue,
      .timeRequest, .alive, .keyRotated, .tried:
      throw .frame(.unexpected(frame.type))
    }
  }

  private func takeProven(
    _ frame: Session.Incoming, _ session: Session
  ) throws(SessionError) {
    let nowMs = clock.nowMs()
    switch frame.type {
    case .ack:
      let ack = try frame.decode(Ack.self)
      counters.rejectedRecords &+= ack.rejected
      if ack.rejected > 0 {
        log.warning("the collector rejected records", ["count": "\(ack.rejected)"])
      }
      react(to: ledger.acked(ack))
    case .nack:
      let nack = try frame.decode(Nack.self)
      let fields: KeyValuePairs = [
        "stream": "\(nack.stream)", "sequence": "\(nack.sequence)", "code": "\(nack.code)",
        "expected": "\(nack.expected)", "reason": nack.message,
      ]
      // A collector that is busy takes it later: nothing is wrong.
      if nack.code == .busy {
        log.debug("a batch is to be sent again later", fields)
      } else {
        log.info("a batch was not taken", fields)
      }
      let reactions = ledger.nacked(nack, nowMs: nowMs) { name in
        keyID(of: name).map { $0 != session.key.id } ?? false
      }
      react(to: reactions)
    case .credit: ledger.credited(try frame.decode(Credit.self))
    case .assignFull, .assignDelta: try takeAssignment(frame)
    case .probeNow:
      ask(try frame.decode(ProbeNow.self), sinceMs: nowMs, nowMs: nowMs)
    case .try:
      let question = try frame.decode(Try.self)
      prober.tryOut(
        question.id, target: question.target, deadlineMs: UInt32(clamping: question.deadlineMs))
    case .timeResponse:
      let answer = try frame.decode(TimeResponse.self)
      measured(t1: answer.t1, t2: answer.t2, t3: answer.t3, t4: nowMs)
    case .ping: send(Pong(token: try frame.decode(Ping.self).token))
    case .keyRotate: try rotate(try frame.decode(KeyRotate.self), frame.body, session)
    case .pins: take(try frame.decode(Pins.self))
    case .goAway: dismissed(try frame.decode(GoAway.self).end)
    default: break
    }
  }

  // MARK: Beginning and end

  private func take(_ welcome: Welcome, _ session: Session) {
    let nowMs = clock.nowMs()
    counters.sessions += 1
    lastError = ""
    if collectorOfEstimate != session.challenge?.collector {
      estimate.forget()
      collectorOfEstimate = session.challenge?.collector
    }
    measured(t1: sentAuthMs, t2: welcome.receivedAtMs, t3: welcome.sentAtMs, t4: nowMs)
    leaseMs = Int64(welcome.leaseSeconds) * 1000
    accepted(session.key)
    if Self.isOlder(configuration.software, than: welcome.minimumAgent) {
      log.warning(
        "this agent is older than its collector supports: update it",
        ["software": configuration.software, "minimum": welcome.minimumAgent])
    }
    carryOut(.welcomed)
    let reactions = ledger.welcomed(welcome.streams, credit: welcome.credit) { name in
      spool.body(of: name).flatMap { try? BatchDigest(of: $0) }
    }
    log.info(
      "the session is live",
      [
        "collector": "\(session.collector)", "credit_batches": "\(welcome.credit.batches)",
        "credit_bytes": "\(welcome.credit.bytes)", "unacked": "\(ledger.unackedCount)",
        "assignment": "\(table.revision)", "due_assignment": "\(welcome.assignmentRevision)",
        "clock_offset_ms": "\(estimate.offsetMs)",
      ])
    react(to: reactions)
  }

  /// Whether the version at the end of `software` is lower than another; what is no version is not.
  static func isOlder(_ software: String, than minimum: String) -> Bool {
    func numbers(_ text: some StringProtocol) -> [Int] {
      text.split(separator: ".").compactMap { Int($0) }
    }
    let own = numbers(software.split(separator: "/").last ?? "")
    let least = numbers(minimum)
    return !own.isEmpty && !least.isEmpty && own.lexicographicallyPrecedes(least)
  }

  /// WELCOME came: the session's own beginnings.
  func startSession() {
    let nowMs = clock.nowMs()
    schedule.alive = nowMs
    schedule.time = nowMs + ClockEstimate.intervalMs(samples: estimate.sampleCount)
    extendLease()
    if isLeaseOver {
      isLeaseOver = false
      prober.assign(table.targets)
    }
    if ledger.wantsNewLive(nowMs: nowMs) { ledger.openLive(.random(), nowMs: nowMs) }
  }

  private func refused(_ end: End) {
    guard let session else { return }
    let reason = end.code.map { "\($0)" } ?? "code \(end.number)"
    if end.code == .revoked, session.isProven { return revoked() }
    var code = end.code
    if end.code == .auth, !session.isProven, identity.keys.count > 1 {
      // The collector may not know the new key, or have only the new one: the other is tried soon,
      // and the long wait comes when both were refused.
      keyIndex = (keyIndex + 1) % identity.keys.count
      if session.key == identity.keys.first { code = nil }
    }
    lastError = sentence(for: end)
    log.warning(
      "the collector refused",
      ["collector": "\(session.collector)", "code": reason, "reason": lastError])
    carryOut(
      .refused(
        code, minimumDelayMs: Int64(end.minimumDelayMs),
        maximumDelayMs: Int64(end.maximumDelayMs)))
  }

  private func dismissed(_ end: End) {
    if end.code == .revoked { return revoked() }
    lastError = sentence(for: end)
    log.info("the collector says goodbye", ["reason": lastError])
    carryOut(
      .dismissed(
        end.code, minimumDelayMs: Int64(end.minimumDelayMs),
        maximumDelayMs: Int64(end.maximumDelayMs)))
  }

  private func revoked() {
    lastError = "this agent was revoked"
    log.error(
      "this agent was revoked by its collector: it probes no more; enrol it again with a new token")
    prober.assign([])
    // Nothing of it is left to probe by: the next start must not begin again.
    table = AssignmentTable()
    assignCanaries()
    leaseMs = 0
    leaseEndsMs = 0
    state.removeAssignment()
    close()
    end = .revoked
  }

  private func sentence(for end: End) -> String {
    let more = end.message.isEmpty ? "" : " (\(end.message))"
    switch end.code {
    case .auth:
      return
        "the collector does not accept this agent's proof\(more): if it was removed there, enrol "
        + "it again with a new token"
    case .revoked: return "this agent is revoked\(more): enrol it again with a new token"
    case .version: return "no common version of the protocol\(more): update the older side"
    case .replaced:
      return "another session of this agent took over\(more): is this machine a copy of another?"
    case .malformed, .overload, .shutdown, .timeout, .internal, nil:
      return "\(end.code.map { "\($0)" } ?? "code \(end.number)")\(more)"
    }
  }

  // MARK: Time

  private func measured(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
    estimate.add(t1: t1, t2: t2, t3: t3, t4: t4)
    prober.adjust(clockOffsetMs: estimate.offsetMs)
    journal.note(stamp)
    schedule.time = t4 + ClockEstimate.intervalMs(samples: estimate.sampleCount)
  }

  // MARK: Assignment

  private func takeAssignment(_ frame: Session.Incoming) throws(SessionError) {
    let change: AssignmentTable.Change
    do {
      change = try frame.body.withUnsafeBufferPointer { view throws(WireError) in
        let bytes = UnsafeRawBufferPointer(view)
        return frame.type == .assignFull ? try table.takeFull(bytes) : try table.takeDelta(bytes)
      }
    } catch { throw .frame(.body(frame.type, error)) }
    switch change {
    case .incomplete: break
    case .needFull: send(AssignAck(revision: table.revision, status: .needFull))
    case .applied:
      saveAssignment()
      prober.assign(table.targets)
      assignCanaries()
      let held = table
      journal.keepOnly { held.holds($0) }
      journal.note(stamp)
      send(AssignAck(revision: table.revision, status: .applied))
      log.info(
        "a new assignment", ["revision": "\(table.revision)", "targets": "\(table.count)"])
    }
  }

  /// A live session keeps the assignment valid.
  func extendLease() {
    if leaseMs > 0 { leaseEndsMs = clock.nowMs() + leaseMs }
  }

  func saveAssignment() {
    guard table.revision > 0 else { return }
    let wallMs = AgentClock.wallMs() + (leaseEndsMs - clock.nowMs())
    do {
      try state.save(table, of: identity.agent, leaseEndsMs: max(0, wallMs))
    } catch { log.error("the assignment could not be stored", ["reason": "\(error)"]) }
  }

  // MARK: Keys and pins

  private func take(_ frame: Pins) {
    let found = frame.hashes.compactMap { Pin(hash: $0) }
    guard found != pins, !found.isEmpty else { return }
    do {
      try state.save(found)
      pins = found
      log.info("the collectors' keys have changed", ["pins": "\(found.count)"])
    } catch { log.error("the new pins could not be stored", ["reason": "\(error)"]) }
  }

  private func rotate(
    _ rotate: KeyRotate, _ body: [UInt8], _ session: Session
  ) throws(SessionError) {
    // A new key before this one may be held that the collector never heard of: the session's counts.
    let current = session.key
    guard identity.keys.contains(current), rotate.keyID > current.id else {
      log.warning("a rotation of the key does not fit", ["key_id": "\(rotate.keyID)"])
      return
    }
    do {
      let pair = try X25519()
      let nonce = try randomBytes(32)
      let root = try AgentKeys.deriveRoot(
        secret: current.root, shared: try pair.sharedSecret(with: rotate.publicKey),
        agentNonce: nonce, collectorNonce: rotate.nonce, agent: identity.agent,
        keyID: rotate.keyID)
      var next = identity
      next.keys = [Identity.Key(id: rotate.keyID, root: root), current]
      try state.save(next)
      var rotated = KeyRotated(
        keyID: rotate.keyID, publicKey: pair.publicKey, nonce: nonce, code: [])
      rotated.code = try RotationProof.code(root: root, rotateBody: body, rotated: rotated)
      identity = next
      keyIndex = 0
      try session.send(rotated)
      log.info("a new key is stored", ["key_id": "\(rotate.keyID)"])
    } catch let error as OpenSSLError {
      throw .crypto(error)
    } catch { log.error("a new key could not be stored", ["reason": "\(error)"]) }
  }

  /// The collector has accepted a key: it signs from now on, and those before it can go.
  private func accepted(_ key: Identity.Key) {
    if key.id != maker.keyID {
      do {
        maker = try BatchMaker(
          agent: identity.agent, keyID: key.id, keys: try AgentKeys(root: key.root))
        journal.note(stamp)
      } catch { lose("\(error)") }
    }
    guard identity.keys.count > 1, key == identity.keys.first else { return }
    var next = identity
    next.keys = [key]
    do {
      try state.save(next)
      identity = next
    } catch { log.error("the old key could not be removed", ["reason": "\(error)"]) }
  }
}
