import AgentCore
import Link
import Model
import OpenSSL
import Signing
import Synchronization
import Wire

extension ScriptedCollector {
  /// An agent's keys beside the one in force.
  struct Keys: Sendable {
    /// Confirmed by the agent, and not yet proven in a handshake.
    var pending: Identity.Key?
    /// The one before, and what it may still sign: for each stream the last sequence.
    var previous: Identity.Key?
    var allowance: [StreamID: UInt64] = [:]
    var offer: Offer?
    /// So many KEY_ROTATED are lost with their connection.
    var lostAnswers = 0
    /// So many KEY_ROTATED are read and forgotten.
    var forgottenAnswers = 0
  }

  /// A KEY_ROTATE that was sent.
  struct Offer: Sendable {
    var rotate: KeyRotate
    var pair: X25519
    var root: [UInt8]
  }

  /// Offers the agent a new key in the live session.
  func rotate() throws {
    let pair = try X25519()
    let nonce = try randomBytes(32)
    change { memory in
      let keyID = max(memory.keyID, memory.keys.pending?.id ?? 0) + 1
      let rotate = KeyRotate(keyID: keyID, publicKey: pair.publicKey, nonce: nonce)
      memory.keys.offer = Offer(rotate: rotate, pair: pair, root: memory.root)
      memory.toSend.append { try $0.seal(rotate) }
    }
  }

  /// KEY_ROTATED came; gives whether the connection goes on.
  func keep(_ rotated: KeyRotated) throws -> Bool {
    let keys = memory.withLock { $0.keys }
    if keys.lostAnswers > 0 {
      change { $0.keys.lostAnswers -= 1 }
      return false
    }
    if keys.forgottenAnswers > 0 {
      change { $0.keys.forgottenAnswers -= 1 }
      return true
    }
    guard let offer = keys.offer, offer.rotate.keyID == rotated.keyID else { return true }
    let root = try AgentKeys.deriveRoot(
      secret: offer.root, shared: try offer.pair.sharedSecret(with: rotated.publicKey),
      agentNonce: rotated.nonce, collectorNonce: offer.rotate.nonce, agent: agent,
      keyID: rotated.keyID)
    let code = try RotationProof.code(
      root: root, rotateBody: offer.rotate.encoded(), rotated: rotated)
    change { memory in
      if code == rotated.code {
        memory.keys.pending = Identity.Key(id: rotated.keyID, root: root)
      } else {
        memory.problems.append("a false proof of a rotated key")
      }
    }
    return true
  }
}

extension ScriptedCollector.Memory {
  /// A handshake has proven a key: a pending one comes into force, and the one before may sign what
  /// AUTH named as assigned.
  mutating func promote(_ keyID: UInt32, _ streams: [Auth.Stream]) {
    guard let pending = keys.pending, pending.id == keyID else { return }
    keys.previous = Identity.Key(id: self.keyID, root: root)
    keys.allowance = [:]
    for stream in streams { keys.allowance[stream.id] = stream.lastAssigned }
    keys.pending = nil
    self.keyID = pending.id
    root = pending.root
  }

  /// The root that a batch may be signed under; `nil` where the key that it names is refused.
  func root(for header: ResultsHeader) -> [UInt8]? {
    if header.keyID == keyID { return root }
    if let pending = keys.pending, header.keyID == pending.id { return pending.root }
    guard let previous = keys.previous, header.keyID == previous.id,
      let last = keys.allowance[header.stream], header.sequence <= last
    else { return nil }
    return previous.root
  }
}
