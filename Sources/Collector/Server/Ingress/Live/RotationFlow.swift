import Model
import OpenSSL
import Signing
import Wire

/// One change of an agent's root within a session: offered, then confirmed.
struct RotationFlow: Sendable {
  private var offer: Offer?

  private struct Offer: Sendable {
    var rotate: KeyRotate
    var body: [UInt8]
    var keyPair: X25519
  }

  /// Offers a new root; `keyPair` and `nonce` are drawn for it. `nil` where one is offered already.
  mutating func begin(
    _ agent: KnownAgent, keyPair: X25519, nonce: [UInt8]
  ) -> Directive? {
    guard offer == nil, agent.current.keyID < .max - 1 else { return nil }
    let keyID = max(agent.current.keyID, agent.pending?.keyID ?? 0) + 1
    let rotate = KeyRotate(keyID: keyID, publicKey: keyPair.publicKey, nonce: nonce)
    let body = rotate.encoded()
    offer = Offer(rotate: rotate, body: body, keyPair: keyPair)
    return .sendTagged(.keyRotate, body)
  }

  /// The agent says that it holds the new root; gives that root if the proof is right.
  mutating func confirmed(
    _ rotated: KeyRotated, body: [UInt8], _ agent: KnownAgent
  ) throws(OpenSSLError) -> KnownAgent.Root? {
    guard let offer, rotated.keyID == offer.rotate.keyID else { return nil }
    let root = try AgentKeys.deriveRoot(
      secret: agent.current.bytes, shared: try offer.keyPair.sharedSecret(with: rotated.publicKey),
      agentNonce: rotated.nonce, collectorNonce: offer.rotate.nonce, agent: agent.id,
      keyID: rotated.keyID)
    let code = try RotationProof.code(
      root: root, rotateBody: offer.body, rotatedPreceding: Array(body.dropLast(bodyCodeCount)))
    guard equalInConstantTime(code, rotated.code) else { return nil }
    self.offer = nil
    return KnownAgent.Root(keyID: rotated.keyID, bytes: root)
  }
}
