import Model
import OpenSSL
import Signing
import Store
import Wire

/// What a connection knows from its beginning: the collector it came to and the randomness it uses.
struct SessionContext: Sendable {
  /// This collector process.
  var collector: CollectorID
  /// SHA-256 of this collector's public key, or zeros on plain loopback.
  var channelBinding: [UInt8]
  /// Drawn for this connection.
  var session: SessionID
  /// 32 random bytes, drawn for this connection.
  var nonce: [UInt8]
  /// The key of the code that is computed for agents who do not exist, so that they cost as much
  /// time as those who do; drawn for this connection.
  var decoyRoot: [UInt8]
}

/// An agent as the store knows it, with its roots opened.
struct KnownAgent: Hashable, Sendable {
  var key: Int32
  var id: AgentID
  /// `nil` for an agent of the installation.
  var organizationID: Int32?
  var region: String
  var isActive: Bool
  /// The root that it proves itself by, and its number.
  var current: Root
  /// Offered by a rotation and not proven yet.
  var pending: Root?
  /// Replaced by the present one; verifies old batches alone.
  var previous: Root?

  struct Root: Hashable, Sendable {
    var keyID: UInt32
    /// 32 bytes.
    var bytes: [UInt8]
  }

  /// The root by which a HELLO may prove itself: the present one, or the one that is pending.
  func root(for keyID: UInt32) -> Root? {
    if current.keyID == keyID { return current }
    if let pending, pending.keyID == keyID { return pending }
    return nil
  }
}

/// What the store says when it has begun a session: the fence, and where everything stands.
struct SessionBeginning: Sendable {
  /// Fences every older session of the agent.
  var generation: Int64
  /// One for each of AUTH's, in its order.
  var streams: [Stream]
  /// The assignment that the agent should hold.
  var assignment: AssignmentSnapshot
  /// The last findings of this start of the agent that the quorum was told, by slot.
  var told: [UInt64: ResultOutcome]
  /// Whether a root that was pending and was proven has taken the place of the one before. It has not
  /// where AUTH named as many streams as it can: there may be more, whose batches the one before has
  /// signed, and only those that are named may be signed by it afterwards.
  var isPromoted: Bool
  /// What the previous root may still sign: the last sequence of each stream.
  var allowance: [StreamID: UInt64]
  /// The watermark that has taken effect in this start of the agent; 0 where there is none.
  var watermarkMs: Int64

  struct Stream: Hashable, Sendable {
    var id: StreamID
    var key: Int64
    var committed: UInt64
    var digest: BatchDigest
  }
}

/// An agent's assignment as the store holds it at one moment.
struct AssignmentSnapshot: Sendable {
  var revision: UInt64
  var targets: [AssignedTarget]
  /// Where the results of each slot belong.
  var places: [UInt64: SlotTable.Place]
  /// Monitors that are left out, since their stored check can't be read or sent.
  var unreadable: [Int64] = []
}
