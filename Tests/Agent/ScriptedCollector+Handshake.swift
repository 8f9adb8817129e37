import AgentCore
import Glibc
import Linux
import Model
import OpenSSL
import Signing
import Synchronization
import Wire

extension ScriptedCollector {
  /// Answers ENROLL, once for a token and the same again; false: hangs up.
  func enrol(_ enroll: Enroll, _ frame: [UInt8], _ peer: Peer) throws -> Bool {
    let known = memory.withLock { $0 }
    guard let token = known.token, token.id == enroll.token,
      try EnrolmentProof.agentCode(
        for: enroll, secret: token.secret, channelBinding: HandshakeProof.noChannelBinding)
        == enroll.code, known.enrolled.map({ $0.question == frame }) ?? true
    else {
      peer.write(Frame.encode(ErrorFrame(End(.auth, message: ""))))
      return false
    }
    if let answer = known.enrolled?.answer {
      peer.write(answer)
      return true
    }
    let pair = try X25519()
    let nonce = try randomBytes(32)
    let root = try AgentKeys.deriveRoot(
      secret: token.secret, shared: try pair.sharedSecret(with: enroll.publicKey),
      agentNonce: enroll.nonce, collectorNonce: nonce, agent: agent, keyID: 1)
    var enrolled = Enrolled(
      agent: agent, keyID: 1, publicKey: pair.publicKey, nonce: nonce, region: "eu-test",
      provider: enroll.provider, code: [])
    enrolled.code = try EnrolmentProof.collectorCode(
      for: enrolled, root: root, enrollFrame: frame,
      channelBinding: HandshakeProof.noChannelBinding)
    let answer = Frame.encode(enrolled)
    change {
      $0.root = root
      $0.enrolled = (frame, answer)
    }
    if known.losesEnrolled { return false }
    peer.write(answer)
    return true
  }

  /// Answers AUTH, from where on both sides seal what they send.
  func welcome(_ auth: Auth, _ frame: [UInt8], _ peer: Peer) throws {
    guard let keys = peer.keys else { return }
    let proof = try HandshakeProof(
      keys: keys, channelBinding: HandshakeProof.noChannelBinding, helloFrame: peer.hello,
      challengeFrame: peer.challenge)
    guard try proof.agentProof(for: auth) == auth.proof else {
      throw FrameError.unexpected(.auth)
    }
    change {
      $0.authsSeen += 1
      $0.promote(peer.keyID, auth.streams)
    }
    while memory.withLock({ $0.holdsWelcome }), !isOver.load(ordering: .relaxed) {
      waitForSockets([WatchedSocket(poke.descriptor)], timeoutMs: 500)
      poke.drain()
    }
    let known = memory.withLock { $0 }
    let now = AgentClock.wallMs()
    var welcome = Welcome(
      proof: [],
      streams: auth.streams.map { stream in
        let committed = known.committed[stream.id] ?? 0
        let name = BatchName(stream: stream.id, sequence: committed)
        return .init(
          id: stream.id, committed: committed, digest: known.digests[name] ?? .unknown)
      },
      credit: known.credit, assignmentRevision: known.revision, leaseSeconds: known.leaseSeconds,
      receivedAtMs: now, sentAtMs: now, minimumAgent: "0.1.0")
    welcome.proof =
      known.forgesProof
      ? [UInt8](repeating: 0, count: 32) : try proof.collectorProof(for: welcome, authFrame: frame)
    peer.write(Frame.encode(welcome))
    let sessionKeys = try proof.sessionKeys(authFrame: frame)
    peer.sealer = try FrameSealer(key: sessionKeys.collectorToAgent)
    peer.opener = try FrameOpener(key: sessionKeys.agentToCollector)
    if auth.assignmentRevision != known.revision { try sendAssignment(peer) }
    change {
      $0.auths.append(auth)
      $0.sessions += 1
    }
  }
}
