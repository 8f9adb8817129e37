import Model
import OpenSSL
import Postgres
import Store
import Wire

/// What sessions ask of the store. Everything here blocks and runs on the pool's threads.
struct SessionStore: Sendable {
  /// Opens and seals agents' roots.
  let key: SealingKey
  let limits: IngressLimits

  /// The agent of this name, with its roots opened.
  func find(_ id: AgentID, _ connection: Connection) throws -> KnownAgent? {
    guard let found = try AgentCredentials.find(id, key: key, connection) else { return nil }
    func root(_ root: AgentCredentials.Root) -> KnownAgent.Root {
      KnownAgent.Root(keyID: UInt32(clamping: root.keyID), bytes: root.bytes)
    }
    return KnownAgent(
      key: found.agentKey, id: found.id, organizationID: found.organizationID,
      region: found.region, isActive: !found.isRevoked, current: root(found.current),
      pending: found.pending.map(root), previous: found.previous.map(root))
  }

  /// What ``begin(_:collector:_:)`` tells.
  enum Begun: Sendable {
    case session(SessionBeginning, isCloned: Bool, rotationIsDue: Bool)
    /// The agent was revoked meanwhile, or names a stream of another agent's.
    case refused
  }

  /// Begins the session of an agent that has proven itself: the fence first, so that what is read
  /// after it can't be changed by the session before.
  func begin(
    _ authenticated: Authenticated, collector: CollectorID, _ connection: Connection
  ) throws -> Begun {
    let agent = authenticated.agent
    guard
      let begun = try Sessions.begin(
        agentKey: agent.key, session: authenticated.session, collector: collector,
        boot: authenticated.boot, connection)
    else { return .refused }
    let isPromoted = authenticated.provesPendingRoot && !authenticated.mayHaveMoreStreams
    if isPromoted, let pending = agent.pending {
      try KeyRotation.promote(
        keyID: Int32(clamping: pending.keyID), agentKey: agent.key,
        streams: authenticated.streams.map { ($0.id, Int64(clamping: $0.lastAssigned)) },
        connection)
    }
    let positions = try Streams.open(
      authenticated.streams.map(\.id), agentKey: agent.key, connection)
    let streams = positions.compactMap { $0 }.map { position in
      SessionBeginning.Stream(
        id: position.id, key: position.key, committed: UInt64(max(0, position.committed)),
        digest: BatchDigest(position.digest))
    }
    guard streams.count == authenticated.streams.count else { return .refused }
    let previous = isPromoted ? agent.current.keyID : agent.previous?.keyID
    var allowance: [StreamID: UInt64] = [:]
    if let previous {
      for (stream, last) in try KeyRotation.allowance(
        keyID: Int32(clamping: previous), agentKey: agent.key, connection)
      {
        allowance[stream] = UInt64(max(0, last))
      }
    }
    var told: [UInt64: ResultOutcome] = [:]
    for (slot, outcome) in try ToldFindings.load(
      agentKey: agent.key, boot: authenticated.boot, connection)
    {
      told[UInt64(max(0, slot))] = outcome
    }
    let beginning = SessionBeginning(
      generation: begun.generation, streams: streams,
      assignment: try assignment(agent.key, connection), told: told,
      isPromoted: isPromoted, allowance: allowance,
      watermarkMs: try AgentLive.watermark(
        agentKey: agent.key, boot: authenticated.boot, connection))
    let isDue = try KeyRotation.isDue(
      agentKey: agent.key, afterDays: Int32(clamping: limits.rotateAfterDays), connection)
    return .session(beginning, isCloned: begun.isCloned, rotationIsDue: isDue)
  }

  /// The assignment of an agent as it is now.
  func assignment(_ agentKey: Int32, _ connection: Connection) throws -> AssignmentSnapshot {
    let assignment = try AgentAssignment.load(agentKey: agentKey, sealing: key, connection)
    return AssignmentSnapshot(
      revision: UInt64(max(0, assignment.revision)),
      targets: assignment.targets + assignment.canaries,
      places: Self.places(assignment.owners, isHeld: true), unreadable: assignment.unreadable)
  }

  /// Whose results slots carry that are not, or no longer, assigned.
  func owners(
    of slots: Set<UInt64>, agentKey: Int32, _ connection: Connection
  ) throws -> [UInt64: SlotTable.Place] {
    let asked = slots.compactMap { Int64(exactly: $0) }
    return Self.places(
      try SlotOwner.find(asked, agentKey: agentKey, connection), isHeld: false)
  }

  private static func places(
    _ owners: [SlotOwner], isHeld: Bool
  ) -> [UInt64: SlotTable.Place] {
    var places: [UInt64: SlotTable.Place] = [:]
    for owner in owners {
      places[UInt64(max(0, owner.slot))] = SlotTable.Place(
        monitorKey: owner.monitorKey, organizationID: owner.organizationID, epoch: owner.epoch,
        freshMs: Int64(owner.intervalSeconds) * 1000 + Int64(owner.timeoutMs) + freshSlackMs,
        isHeld: isHeld)
    }
    return places
  }

  /// How long after interval and timeout a finding may still vote.
  private static let freshSlackMs: Int64 = 5000

  /// Redeems an enrolment token.
  func enrol(
    _ request: EnrolmentRequest, _ connection: Connection
  ) throws -> EnrolmentOutcome {
    let hash = try SHA256.digest(request.frame)
    let enroll = request.enroll
    switch try Enrolment.find(enroll.token, requestHash: hash, key: key, connection) {
    case .refused:
      // The same work as for a token that exists.
      _ = try request.proves(randomBytes(32))
      return .refused
    case .answered(let answer): return .answer(answer)
    case .open(let offer):
      guard try request.proves(offer.secret) else { return .refused }
      let id = AgentID.random()
      let region = offer.region ?? enroll.region
      let provider = offer.provider ?? enroll.provider
      let made: (root: [UInt8], frame: [UInt8])
      do throws(OpenSSLError) {
        made = try request.answer(
          secret: offer.secret, agent: id, region: region, provider: provider,
          keyPair: try X25519(), nonce: try randomBytes(32))
      } catch {
        // Not a public key that anybody could have drawn.
        return .refused
      }
      let newborn = Enrolment.Newborn(
        id: id, root: made.root, hostname: enroll.hostname, region: region, provider: provider,
        software: enroll.software)
      switch try Enrolment.complete(
        enroll.token, requestHash: hash, answer: made.frame, newborn: newborn, key: key,
        connection)
      {
      case .answered(let answer): return .answer(answer)
      case .refused, .open: return .refused
      }
    }
  }
}
