import Checks
import Ingress
import Linux
import Logging
import Model
import OpenSSL
import Postgres
import Signing
import Store
import TestSupport
import Testing
import Wire

/// A running agents' port with a database of its own, and what a test needs to fill it.
final class IngressFixture: Sendable {
  let database: TestDatabase
  let key: SealingKey
  let installation: Installation
  let pool: PostgresPool
  let writer: IngestWriter
  let server: IngressServer
  let port: Int
  let isTLS: Bool

  private init(
    isTLS: Bool, limits: IngressLimits
  ) async throws {
    self.isTLS = isTLS
    database = try TestDatabase.make()
    key = try #require(SealingKey([UInt8](repeating: 5, count: SealingKey.byteCount)))
    installation = try Installation.open(database.connect(), key: key)
    pool = try database.pool(size: 2)
    writer = try IngestWriter(database.address)
    var configuration = IngressServer.Configuration(
      host: "127.0.0.1", port: 0, isTLS: isTLS, threads: 1)
    configuration.limits = limits
    var log = Logger(label: "test")
    log.logLevel = .critical
    server = try IngressServer(
      configuration, installation: installation, key: key, database: database.address, pool: pool,
      writer: writer, log: log)
    port = try await server.start()
  }

  /// Runs `body` against a new server, which ends with it.
  static func with(
    isTLS: Bool = false, limits: (inout IngressLimits) -> Void = { _ in },
    _ body: (IngressFixture) async throws -> Void
  ) async throws {
    var chosen = IngressLimits()
    chosen.drainMs = 1000
    limits(&chosen)
    let fixture = try await IngressFixture(isTLS: isTLS, limits: chosen)
    do {
      try await body(fixture)
    } catch {
      await fixture.server.stop()
      throw error
    }
    await fixture.server.stop()
  }

  /// Runs `body` against another server on the same store, as after a restart.
  func withAnotherServer(
    limits: (inout IngressLimits) -> Void = { _ in }, _ body: (_ port: Int) async throws -> Void
  ) async throws {
    var configuration = IngressServer.Configuration(
      host: "127.0.0.1", port: 0, isTLS: isTLS, threads: 1)
    configuration.limits.drainMs = 1000
    limits(&configuration.limits)
    var log = Logger(label: "test")
    log.logLevel = .critical
    let other = try IngressServer(
      configuration, installation: installation, key: key, database: database.address, pool: pool,
      writer: writer, log: log)
    let port = try await other.start()
    do {
      try await body(port)
    } catch {
      await other.stop()
      throw error
    }
    await other.stop()
  }

  var channelBinding: [UInt8] {
    isTLS ? installation.pin : HandshakeProof.noChannelBinding
  }

  func socket(port: Int? = nil) throws -> TestSocket {
    let port = port ?? self.port
    guard isTLS, let pin = Pin(hash: installation.pin) else { return try TestSocket(plain: port) }
    return try TestSocket(tls: port, pin: pin.description)
  }

  /// A token as an administrator would make it.
  func token(region: String? = nil) throws -> (id: TokenID, secret: [UInt8]) {
    let made = try EnrolmentTokens.create(
      .init(name: "probe", region: region), key: key, database.connect())
    return (made.record.id, made.secret)
  }

  /// An ENROLL frame for a token, and the key pair it was made with.
  func enroll(
    _ token: (id: TokenID, secret: [UInt8]), region: String = "eu"
  ) throws -> (frame: [UInt8], enroll: Enroll, keyPair: X25519) {
    let keyPair = try X25519()
    var enroll = Enroll(
      token: token.id, publicKey: keyPair.publicKey, nonce: try randomBytes(32),
      hostname: "host-1", region: region, provider: "cloud", software: "test 1", code: [])
    enroll.code = try EnrolmentProof.agentCode(
      for: enroll, secret: token.secret, channelBinding: channelBinding)
    return (Frame.encode(enroll), enroll, keyPair)
  }

  /// Sends a frame on a new connection and reads the answer.
  func ask(_ frame: [UInt8]) throws -> (frame: Frame, bytes: [UInt8])? {
    let client = TestAgent(id: .zero, root: [], channelBinding: channelBinding, nowMs: 0)
    client.connect(try socket())
    try client.sendRaw(frame)
    return try client.receiveFrame()
  }

  /// An agent that enrolled over the wire, not connected yet.
  func agent(region: String = "eu") throws -> TestAgent {
    let token = try token()
    let (frame, enroll, keyPair) = try enroll(token, region: region)
    let (answer, bytes) = try #require(try ask(frame))
    try #require(answer.type == .enrolled)
    let enrolled = try Enrolled(decoding: Array(bytes[answer.body]))
    let root = try AgentKeys.deriveRoot(
      secret: token.secret, shared: keyPair.sharedSecret(with: enrolled.publicKey),
      agentNonce: enroll.nonce, collectorNonce: enrolled.nonce, agent: enrolled.agent,
      keyID: enrolled.keyID)
    let code = try EnrolmentProof.collectorCode(
      for: enrolled, root: root, enrollFrame: frame, channelBinding: channelBinding)
    #expect(code == enrolled.code)
    return TestAgent(
      id: enrolled.agent, keyID: enrolled.keyID, root: root, channelBinding: channelBinding,
      nowMs: AgentClock.wallMs())
  }

  /// An agent that the store was given, with an identity as if it had enrolled.
  func storedAgent(region: String = "eu", _ connection: Connection) throws -> TestAgent {
    let token = try EnrolmentTokens.create(.init(region: region), key: key, connection).record.id
    let (id, root) = (AgentID.random(), try randomBytes(32))
    _ = try Enrolment.complete(
      token, requestHash: [1], answer: [1],
      newborn: .init(
        id: id, root: root, hostname: "host", region: region, provider: "cloud",
        software: "test 1"), key: key, connection)
    return TestAgent(
      id: id, root: root, channelBinding: channelBinding, nowMs: AgentClock.wallMs())
  }

  /// An agent with a live session and one stream.
  func liveAgent(region: String = "eu", stream: StreamID) throws -> TestAgent {
    let agent = try agent(region: region)
    try connect(agent, stream: stream)
    return agent
  }

  /// Opens a session, with one stream that is new.
  @discardableResult
  func connect(_ agent: TestAgent, stream: StreamID) throws -> Welcome {
    agent.connect(try socket())
    return try agent.handshake(
      streams: [Auth.Stream(id: stream, firstUnacked: 1, lastAssigned: 0)])
  }

  /// A monitor; gives its slot.
  func monitor(_ name: String = "site") throws -> Int64 {
    let connection = try database.connect()
    let organization = try OrganizationQueries.findOrCreate(name: "acme", on: connection)
    let rows = try connection.query(
      """
      WITH made AS (
        INSERT INTO monitor (
          organization_id, name, kind, target, "check", interval_s, timeout_ms, policy)
        VALUES ($1, $2, 'http', 'http://x.test/', $3, 30, 5000, '{"kind":"majority"}')
        RETURNING key, slot, epoch, organization_id
      ), slotted AS (
        INSERT INTO monitor_slot (slot, monitor_key, epoch, organization_id)
        SELECT slot, key, epoch, organization_id FROM made
      ) SELECT slot FROM made
      """, organization.rawValue, name,
      JSONText(CheckDocument.encode(.http(HTTPCheck(url: "http://x.test/")))))
    return try #require(rows.first).get(0)
  }

  /// Assigns slots to an agent, and tells the collectors, unless the word is lost.
  func assign(_ slots: [Int64], to agent: TestAgent, tells: Bool = true) throws {
    let connection = try database.connect()
    try connection.transaction { connection in
      try connection.query(
        """
        DELETE FROM assignment USING agent AS a WHERE agent_key = a.key AND a.id = $1
        """, agent.id)
      try connection.query(
        """
        INSERT INTO assignment (agent_key, slot, organization_id, monitor_key, phase_ms)
        SELECT a.key, s.slot, s.organization_id, s.monitor_key, 0
        FROM monitor_slot AS s, agent AS a WHERE s.slot = ANY ($1) AND a.id = $2
        """, slots, agent.id)
      try connection.query(
        """
        INSERT INTO agent_assignment AS known (agent_key, revision)
        SELECT key, 1 FROM agent WHERE id = $1
        ON CONFLICT (agent_key) DO UPDATE SET revision = known.revision + 1
        """, agent.id)
      guard tells else { return }
      try connection.query(
        "SELECT pg_notify('upblit_assignment', key::text) FROM agent WHERE id = $1", agent.id)
    }
  }

  /// One number from the database.
  func count(_ sql: SQL, _ values: any PostgresValue...) throws -> Int64 {
    try #require(try database.connect().query(sql, with: values).first).get(0)
  }

  /// Waits until `sql` gives `expected`.
  func await(_ expected: Int64, _ sql: SQL) throws {
    let connection = try database.connect()
    let end = AgentClock.monotonicNanoseconds() + 10_000_000_000
    var last: Int64 = -1
    while AgentClock.monotonicNanoseconds() < end {
      last = try #require(try connection.query(sql).first).get(0)
      if last == expected { return }
      try connection.query("SELECT pg_sleep(0.02)")
    }
    #expect(last == expected, "waited in vain")
  }
}
