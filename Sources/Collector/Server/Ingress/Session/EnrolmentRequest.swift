import Model
import OpenSSL
import Signing
import Wire

/// An ENROLL frame that no one has checked yet, and how to check and answer it once its token's
/// secret is known.
struct EnrolmentRequest: Hashable, Sendable {
  var enroll: Enroll
  /// The whole frame as it came: by its hash a repetition is known.
  var frame: [UInt8]
  var channelBinding: [UInt8]

  /// Whether the sender holds the token's secret.
  func proves(_ secret: [UInt8]) throws(OpenSSLError) -> Bool {
    let preceding = Array(SessionMachine.body(of: frame).dropLast(bodyCodeCount))
    let code = try EnrolmentProof.agentCode(
      preceding: preceding, secret: secret, channelBinding: channelBinding)
    return equalInConstantTime(code, enroll.code)
  }

  /// The agent's first root and the ENROLLED frame that lets the agent derive it too.
  ///
  /// `keyPair` and `nonce` are drawn for this answer. Throws where the agent's public key is none.
  func answer(
    secret: [UInt8], agent: AgentID, region: String, provider: String, keyPair: X25519,
    nonce: [UInt8]
  ) throws(OpenSSLError) -> (root: [UInt8], frame: [UInt8]) {
    let root = try AgentKeys.deriveRoot(
      secret: secret, shared: try keyPair.sharedSecret(with: enroll.publicKey),
      agentNonce: enroll.nonce, collectorNonce: nonce, agent: agent, keyID: Self.firstKeyID)
    var enrolled = Enrolled(
      agent: agent, keyID: Self.firstKeyID, publicKey: keyPair.publicKey, nonce: nonce,
      region: region, provider: provider, code: [])
    enrolled.code = try EnrolmentProof.collectorCode(
      for: enrolled, root: root, enrollFrame: frame, channelBinding: channelBinding)
    return (root, Frame.encode(enrolled))
  }

  /// The number of an agent's first root.
  static let firstKeyID: UInt32 = 1
}

/// What became of an enrolment.
enum EnrolmentOutcome: Hashable, Sendable {
  /// The ENROLLED frame to be sent.
  case answer([UInt8])
  /// There is no such token, it was used or has expired, or the code is wrong; which is not told.
  case refused
  /// The store could not be asked.
  case unavailable
}
