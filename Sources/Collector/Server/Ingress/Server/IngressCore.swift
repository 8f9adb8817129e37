import Linux
import Logging
import Model
import NIOCore
import OpenSSL
import Postgres
import Signing
import Store
import Synchronization

/// What all connections of one collector process share.
final class IngressCore: Sendable {
  let collector: CollectorID
  /// SHA-256 of this collector's public key, or zeros on plain loopback.
  let channelBinding: [UInt8]
  /// What agents are to pin; none on plain loopback.
  let pins: [[UInt8]]
  let limits: IngressLimits
  let store: SessionStore
  let pool: PostgresPool
  let writer: IngestWriter
  let gate: ConnectionGate
  let registry = SessionRegistry()
  let alive: AliveWriter
  let awaited = Awaited()
  let log: Logger
  private let lastRefusalMs = Atomic<Int64>(.min / 2)
  private let fullDamper = LogDamper()
  private let unprovenDamper = LogDamper()

  init(
    collector: CollectorID, pin: [UInt8]?, limits: IngressLimits, key: SealingKey,
    pool: PostgresPool, writer: IngestWriter, log: Logger
  ) {
    self.collector = collector
    channelBinding = pin ?? HandshakeProof.noChannelBinding
    pins = pin.map { [$0] } ?? []
    self.limits = limits
    store = SessionStore(key: key, limits: limits)
    self.pool = pool
    self.writer = writer
    gate = ConnectionGate(limits: limits)
    alive = AliveWriter(pool: pool, log: log)
    self.log = log
  }

  /// The listener was refused another connection by the system.
  func cannotAccept(_ error: IOError) {
    lastRefusalMs.store(now().monotonicMs, ordering: .relaxed)
    guard let heldBack = fullDamper.pass() else { return }
    log.error(
      "no connection can be taken: raise the limit on open files",
      metadata: ["error": "\(error)", "held_back": "\(heldBack)"])
  }

  /// Whether that happened within the last seconds.
  var lacksFiles: Bool {
    now().monotonicMs - lastRefusalMs.load(ordering: .relaxed) < 3000
  }

  /// Logs that a connection was refused, now and then.
  func tell(_ refusal: ConnectionGate.Refusal, _ address: String) {
    guard let heldBack = (refusal == .full ? fullDamper : unprovenDamper).pass() else { return }
    let metadata: Logger.Metadata = ["address": "\(address)", "held_back": "\(heldBack)"]
    switch refusal {
    case .full:
      log.error(
        "no more connections can be open: raise the limit on open files", metadata: metadata)
    case .tooManyUnproven:
      log.warning("too many connections that have not proven themselves", metadata: metadata)
    }
  }

  /// The randomness of a new connection.
  func newContext() throws(OpenSSLError) -> SessionContext {
    SessionContext(
      collector: collector, channelBinding: channelBinding, session: .random(),
      nonce: try randomBytes(32), decoyRoot: try randomBytes(32))
  }

  /// The time now.
  func now() -> Moment {
    Moment(
      wallMs: AgentClock.wallMs(),
      monotonicMs: AgentClock.monotonicNanoseconds() / 1_000_000)
  }
}
