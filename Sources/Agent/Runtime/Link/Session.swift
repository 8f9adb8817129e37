import AgentCore
import Model
import OpenSSL
import Signing
import Wire

/// The frames of one connection: the handshake with its proofs, and the tags after it.
///
/// It knows no time and decides nothing about the link; whatever breaks the protocol is thrown.
final class Session {
  let connection: Connection
  let identity: Identity
  let key: Identity.Key
  let collector: CollectorAddress
  private let keys: AgentKeys
  /// What this agent can do beyond version 1.
  private static let features = Features.tries
  private var input: [UInt8] = []
  private var consumed = 0
  private var helloFrame: [UInt8] = []
  private var authFrame: [UInt8] = []
  private var proof: HandshakeProof?
  private var sealer: FrameSealer?
  private var opener: FrameOpener?
  private(set) var challenge: Challenge?

  init(
    _ connection: Connection, _ identity: Identity, key: Identity.Key, collector: CollectorAddress
  ) throws(OpenSSLError) {
    self.connection = connection
    self.identity = identity
    self.key = key
    self.collector = collector
    keys = try AgentKeys(root: key.root)
  }

  /// Whether the collector has proved itself.
  var isProven: Bool { opener != nil }

  // MARK: Handshake

  func sendHello(boot: BootID, wallMs: Int64, software: String) throws(OpenSSLError) {
    helloFrame = Frame.encode(
      Hello(
        agent: identity.agent, keyID: key.id, boot: boot, nonce: try randomBytes(32),
        features: Self.features, wallMs: wallMs, software: software))
    connection.send(helloFrame)
  }

  /// Takes CHALLENGE; what it says stands in the transcript that AUTH proves.
  func take(_ challenge: Challenge, frame: [UInt8]) throws(SessionError) {
    guard challenge.version == Frame.version, challenge.features & ~Self.features == 0 else {
      throw .frame(.version(challenge.version))
    }
    do {
      proof = try HandshakeProof(
        keys: keys, channelBinding: connection.channelBinding, helloFrame: helloFrame,
        challengeFrame: frame)
    } catch { throw .crypto(error) }
    self.challenge = challenge
  }

  func sendAuth(_ streams: [Auth.Stream], assignmentRevision: UInt64) throws(OpenSSLError) {
    guard let proof else { return }
    var auth = Auth(proof: [], streams: streams, assignmentRevision: assignmentRevision)
    auth.proof = try proof.agentProof(for: auth)
    authFrame = Frame.encode(auth)
    connection.send(authFrame)
  }

  /// Checks the collector's proof. From here on every frame is tagged.
  func take(_ welcome: Welcome, body: [UInt8]) throws(SessionError) {
    guard let proof, !authFrame.isEmpty else { throw .frame(.unexpected(.welcome)) }
    do {
      let expected = try proof.collectorProof(
        remainder: Array(body.dropFirst(bodyCodeCount)), authFrame: authFrame)
      guard equalInConstantTime(expected, welcome.proof) else { throw SessionError.falseProof }
      let sessionKeys = try proof.sessionKeys(authFrame: authFrame)
      sealer = try FrameSealer(key: sessionKeys.agentToCollector)
      opener = try FrameOpener(key: sessionKeys.collectorToAgent)
    } catch let error as SessionError {
      throw error
    } catch let error as OpenSSLError {
      throw .crypto(error)
    } catch { throw .falseProof }
  }

  // MARK: Frames

  /// Sends a tagged frame.
  func send(_ body: some FrameBody) throws(OpenSSLError) {
    guard let sealer else { return }
    connection.send(try sealer.seal(body))
  }

  /// Sends a RESULTS body.
  func send(results body: [UInt8]) throws(OpenSSLError) {
    guard let sealer else { return }
    connection.send(try sealer.seal(.results, body))
  }

  /// A frame that came, its tag checked.
  struct Incoming {
    var type: FrameType
    var body: [UInt8]
    /// All of it, from the length on.
    var frame: [UInt8]

    func decode<Body: FrameBody>(_ type: Body.Type = Body.self) throws(SessionError) -> Body {
      do { return try Body(decoding: body) } catch { throw .frame(.body(Body.type, error)) }
    }
  }

  /// Whether a type means anything here: a feature's is unknown where nobody agreed on it.
  private func isAgreed(_ type: FrameType) -> Bool {
    guard isProven, type == .try || type == .tried else { return true }
    return (challenge?.features ?? 0) & Features.tries != 0
  }

  /// Reads what has come.
  func receive() throws(SessionError) -> Connection.Received {
    if consumed > 0 {
      input.removeFirst(consumed)
      consumed = 0
    }
    do { return try connection.receive(into: &input) } catch { throw .connection(error) }
  }

  /// The next whole frame of what was read.
  func nextFrame() throws(SessionError) -> Incoming? {
    while true {
      var found: (frame: Frame, bytes: [UInt8])?
      do {
        try input.withUnsafeBufferPointer { view throws(FrameError) in
          let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(view)[consumed...])
          guard let frame = try Frame.scan(rest, peerIsProven: isProven) else { return }
          found = (frame, Array(rest[..<frame.byteCount]))
        }
      } catch { throw .frame(error) }
      guard let (frame, bytes) = found else { return nil }
      consumed += frame.byteCount
      guard frame.isTagged == isProven else { throw .frame(.tag) }
      if let opener {
        let isGenuine: Bool
        do {
          isGenuine = try bytes.withUnsafeBufferPointer { view throws(OpenSSLError) in
            try opener.verify(UnsafeRawBufferPointer(view))
          }
        } catch { throw .crypto(error) }
        guard isGenuine else { throw .frame(.tag) }
      }
      guard let type = frame.type, isAgreed(type) else { continue }
      guard type.sender != .agent else { throw .frame(.unexpected(type)) }
      return Incoming(type: type, body: Array(bytes[frame.body]), frame: bytes)
    }
  }
}

/// Why a session is of no more use.
enum SessionError: Error, Equatable, Sendable, CustomStringConvertible {
  case frame(FrameError)
  case connection(ConnectionError)
  /// The collector could not prove that it knows this agent's key.
  case falseProof
  case crypto(OpenSSLError)

  static func == (left: Self, right: Self) -> Bool { left.description == right.description }

  var description: String {
    switch self {
    case .frame(let error): "the collector broke the protocol: \(error)"
    case .connection(let error): "\(error)"
    case .falseProof: "the collector could not prove that it knows this agent"
    case .crypto(let error): "\(error)"
    }
  }
}
