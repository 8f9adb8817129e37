import Model
import Signing
import Store
import Wire

/// What a connection is to do next. The shell does it and decides nothing.
enum Directive: Sendable {
  /// Send a whole frame without a tag.
  case send([UInt8])
  /// Send a frame with this body and the session's next tag.
  case sendTagged(FrameType, [UInt8])
  /// Ask the store for an agent; the answer comes as ``SessionMachine/agentFound(_:at:)``.
  case findAgent(AgentID)
  /// Begin a session in the store; the answer comes as ``SessionMachine/sessionBegan(_:at:)``.
  case begin(Authenticated)
  /// Redeem an enrolment token; the answer comes as ``SessionMachine/enrolled(_:)``.
  case enrol(EnrolmentRequest)
  /// From here on frames carry tags under these keys; the session is known to the others.
  case goLive(SessionKeys)
  /// Ask the store for the assignment; the answer comes as ``LiveSession/assignmentLoaded(_:)``.
  case loadAssignment
  /// Let every collector know how the agent is.
  case storeAlive(AgentLive)
  /// Note the end of a "probe now".
  case probeDone(ProbeDone)
  /// Tell whoever tries a check what came of it.
  case tried(Tried)
  /// Tell the quorum of a probe that takes unusually long.
  case overdue(Overdue)
  /// Keep a root that the agent has confirmed.
  case keepPendingRoot(KnownAgent.Root)
  /// Take nothing more and close once what was sent is out.
  case close(ClosingReason)
}

/// Why a connection ends, for the log.
enum ClosingReason: Hashable, Sendable {
  /// The agent enrolled; it opens a new connection.
  case enrolled
  /// ERROR or GOAWAY with this code was sent.
  case refused(EndCode, String)
  /// A tag did not verify; nothing is said about it.
  case badTag
  /// The peer said ERROR or GOAWAY.
  case peerEnded(UInt8)
  /// Nothing was heard for too long.
  case silence
}

/// An agent that has proven itself, and what it said of itself.
struct Authenticated: Hashable, Sendable {
  var agent: KnownAgent
  /// Whether it proved the root that was pending.
  var provesPendingRoot: Bool
  var session: SessionID
  var boot: BootID
  var streams: [Auth.Stream]
  var assignmentRevision: UInt64
  var software: String
  /// Whether it takes TRY.
  var takesTries = false

  /// Whether AUTH names as many streams as it can, so that the agent may have more.
  var mayHaveMoreStreams: Bool { streams.count >= Auth.streamLimit }
}
