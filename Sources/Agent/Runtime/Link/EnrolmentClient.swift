import Linux
import Model
import OpenSSL
import Settings
import Signing
import Wire

/// Makes an agent of a token: one connection, one question, one answer.
public struct EnrolmentClient {
  private let state: StateFolder
  private let token: EnrolmentToken
  private let collectors: [CollectorAddress]
  private let proxy: String?

  /// - Parameter collectors: the first of them is asked; all are kept for later.
  public init(
    state: StateFolder, token: EnrolmentToken, collectors: [CollectorAddress], proxy: String?
  ) {
    self.state = state
    self.token = token
    self.collectors = collectors
    self.proxy = proxy
  }

  /// Asks, checks the answer's proof, and stores who this agent is from now on.
  ///
  /// The key pair and the nonce are stored first: if the answer is lost, the same call asks the same
  /// question and the collector gives the same answer.
  public func enrol(
    hostname: String, region: String, provider: String, software: String
  ) throws(EnrolmentError) -> Identity {
    guard let address = collectors.first else { throw .failed("no collector is given") }
    if token.pins.isEmpty, !address.isPlain { throw .failed("\(ConnectionError.noPins)") }
    let connection: Connection
    do {
      connection = try Connection(to: address, pins: token.pins, proxy: proxy)
    } catch {
      switch error {
      case .wrongPin, .noPins, .plainElsewhere: throw .distrusted("\(error)")
      case .failed(let reason): throw .unreachable(reason)
      }
    }
    do {
      let attempt = try attempt()
      var enroll = Enroll(
        token: token.id, publicKey: attempt.pair.publicKey, nonce: attempt.nonce,
        hostname: hostname, region: region, provider: provider, software: software, code: [])
      enroll.code = try EnrolmentProof.agentCode(
        for: enroll, secret: token.secret, channelBinding: connection.channelBinding)
      let frame = Frame.encode(enroll)
      let body = try ask(connection, frame)
      return try accept(body, attempt, frame, connection.channelBinding)
    } catch let error as EnrolmentError {
      throw error
    } catch { throw .failed("\(error)") }
  }

  /// What the question is made of.
  private struct Attempt {
    var pair: X25519
    var nonce: [UInt8]
  }

  private func attempt() throws -> Attempt {
    if let text = try state.text("enrolment") {
      let entries = SettingsFile.parse(text).entries
      let values = Dictionary(entries.map { ($0.key, $0.value) }) { $1 }
      if values["token"] == "\(token.id)",
        let key = values["private_key"].flatMap({ Hexadecimal.bytes($0) }), key.count == 32,
        let nonce = values["nonce"].flatMap({ Hexadecimal.bytes($0) }), nonce.count == 32
      {
        return Attempt(pair: try X25519(privateKey: key), nonce: nonce)
      }
    }
    let attempt = Attempt(pair: try X25519(), nonce: try randomBytes(32))
    let text = """
      token = \(token.id)
      private_key = \(Hexadecimal.text(attempt.pair.privateKey))
      nonce = \(Hexadecimal.text(attempt.nonce))

      """
    try state.replace("enrolment", Array(text.utf8))
    return attempt
  }

  /// Sends the question and waits for the body of ENROLLED, at most 15 seconds.
  private func ask(_ connection: Connection, _ frame: [UInt8]) throws -> [UInt8] {
    connection.send(frame)
    let untilNs = AgentClock.monotonicNanoseconds() + 15_000_000_000
    var input: [UInt8] = []
    while true {
      try connection.flush()
      let received = try connection.receive(into: &input)
      let found = try input.withUnsafeBytes { try Frame.scan($0, peerIsProven: false) }
      if let found, !found.isTagged {
        let body = Array(input[found.body])
        switch found.type {
        case .enrolled: return body
        case .error:
          let end = try ErrorFrame(decoding: body).end
          throw end.code == .auth
            ? EnrolmentError.refused(end.message.plain)
            : EnrolmentError.unreachable(
              "the collector said \(end.code.map { "\($0)" } ?? "\(end.number)"): \(end.message.plain)"
            )
        default: throw EnrolmentError.failed("the collector broke the protocol")
        }
      }
      let leftNs = untilNs - AgentClock.monotonicNanoseconds()
      guard received != .closed, leftNs > 0, let socket = connection.socket else {
        throw EnrolmentError.unreachable("the collector gave no answer")
      }
      waitForSockets(
        [WatchedSocket(socket, wantsToWrite: connection.wantsToWrite)],
        timeoutMs: leftNs / 1_000_000 + 1)
    }
  }

  private func accept(
    _ body: [UInt8], _ attempt: Attempt, _ frame: [UInt8], _ channelBinding: [UInt8]
  ) throws -> Identity {
    let enrolled = try Enrolled(decoding: body)
    let root = try AgentKeys.deriveRoot(
      secret: token.secret, shared: try attempt.pair.sharedSecret(with: enrolled.publicKey),
      agentNonce: attempt.nonce, collectorNonce: enrolled.nonce, agent: enrolled.agent,
      keyID: enrolled.keyID)
    let expected = try EnrolmentProof.collectorCode(
      preceding: Array(body.dropLast(bodyCodeCount)), root: root, enrollFrame: frame,
      channelBinding: channelBinding)
    guard equalInConstantTime(expected, enrolled.code) else {
      throw EnrolmentError.distrusted("the collector could not prove that it knows the token")
    }
    let identity = Identity(
      agent: enrolled.agent, region: enrolled.region, provider: enrolled.provider,
      collectors: collectors, keys: [.init(id: enrolled.keyID, root: root)])
    // Pins first: an identity without them would be of no use.
    try state.save(token.pins)
    try state.save(identity)
    state.remove("enrolment")
    return identity
  }
}

/// Why an enrolment did not succeed, as one sentence that says what to do.
public enum EnrolmentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The token is used, expired, revoked or unknown; which of them is not told.
  case refused(String)
  /// No collector answered; the same token may be tried again.
  case unreachable(String)
  /// Who answered is not the collector that made the token.
  case distrusted(String)
  case failed(String)

  public var description: String {
    switch self {
    case .refused(let reason):
      "the collector does not accept this token: it was used, has expired or was withdrawn; ask for a "
        + "new one" + (reason.isEmpty ? "" : " (\(reason))")
    case .unreachable(let reason):
      "no collector could be reached: \(reason); the token is still good, try again"
    case .distrusted(let reason): reason
    case .failed(let reason): "the enrolment failed: \(reason)"
    }
  }
}
