import AgentCore
import Glibc
import Link
import Linux
import Model
import OpenSSL
import Signing
import Spool
import Synchronization
import Testing
import Wire

/// A collector of a few hundred lines: it proves itself, keeps what it is sent in memory, and does
/// otherwise what a test tells it. Plain, on this machine, on a free port.
final class ScriptedCollector: Sendable {
  /// What becomes of a RESULTS frame.
  enum Reply: Sendable {
    case store
    case nack(Nack.Code)
    /// It is stored, but the ack is lost with the connection.
    case storeAndHangUp
    case hangUp
    case silence
  }

  /// All that it knows. A test may look at and change it at any time.
  struct Memory: Sendable {
    var root: [UInt8]
    var keyID: UInt32 = 1
    /// What became of its keys.
    var keys = Keys()
    /// WELCOME waits.
    var holdsWelcome = false
    /// AUTH frames that came, those that WELCOME has not answered yet among them.
    var authsSeen = 0
    var committed: [StreamID: UInt64] = [:]
    var digests: [BatchName: BatchDigest] = [:]
    var bodies: [BatchName: [UInt8]] = [:]
    /// In the order in which they were stored.
    var records: [ProbeRecord] = []
    var boots: Set<BootID> = []
    /// Pieces of evidence in the order in which they were stored, each with the batch that brought it.
    var evidence: [(piece: Evidence, by: BatchName)] = []
    /// Pieces that came before the record that they are about.
    var orphans = 0
    var skips: [(stream: StreamID, last: UInt64, skip: Skip)] = []
    var alive: [Alive] = []
    var overdue: [Overdue] = []
    var done: [ProbeDone] = []
    var tried: [Tried] = []
    /// Of the last HELLO.
    var features: UInt32 = 0
    var assignAcks: [AssignAck] = []
    var auths: [Auth] = []
    var sessions = 0
    var connections = 0
    var credit = Credit(bytes: 512 << 10, batches: 8)
    var leaseSeconds: UInt32 = 86_400
    var assignment: [AssignedTarget] = []
    var revision: UInt64 = 1
    var refusal: End?
    /// A token that may be used once.
    var token: EnrolmentToken?
    /// The answer to the enrolment is lost once.
    var losesEnrolled = false
    var enrolled: (question: [UInt8], answer: [UInt8])?
    var forgesProof = false
    var badSignatures = 0
    /// RESULTS frames that got no answer.
    var silenced = 0
    var problems: [String] = []
    var reply: @Sendable (ResultsHeader) -> Reply = { _ in .store }
    /// Frames for the session that is live.
    var toSend: [@Sendable (FrameSealer) throws -> [UInt8]] = []
  }

  let agent: AgentID
  let port: UInt16
  let memory: Mutex<Memory>
  private let listener: Descriptor
  private let changed: WakeUp
  let poke: WakeUp
  let isOver = Atomic(false)

  init(
    agent: AgentID = AgentID(high: 9, low: 9), root: [UInt8] = [UInt8](repeating: 3, count: 32)
  )
    throws
  {
    self.agent = agent
    memory = Mutex(Memory(root: root))
    changed = try WakeUp()
    poke = try WakeUp()
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    listener = Descriptor(owning: raw)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let size = length
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16 in
        guard bind(raw, generic, size) == 0, listen(raw, 16) == 0,
          getsockname(raw, generic, &length) == 0
        else { return 0 }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    self.port = port
    try #require(port > 0)
  }

  var address: String { "plain://127.0.0.1:\(port)" }

  /// Serves one connection after the other until `stop`.
  func start() throws {
    _ = try DedicatedThread(name: "collector") { [self] in
      while !isOver.load(ordering: .relaxed) {
        waitForSockets(
          [WatchedSocket(listener.raw), WatchedSocket(poke.descriptor)], timeoutMs: 500)
        guard !isOver.load(ordering: .relaxed) else { return }
        poke.drain()
        var ready = pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) == 1 else { continue }
        let raw = accept(listener.raw, nil, nil)
        // No agent that is started meanwhile may inherit it.
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        guard raw >= 0 else { continue }
        change { $0.connections += 1 }
        serve(Descriptor(owning: raw))
      }
    }
  }

  func stop() {
    isOver.store(true, ordering: .relaxed)
    poke.signal()
  }

  /// Changes what it knows; a live session takes notice at once.
  func change(_ body: (inout Memory) -> Void) {
    memory.withLock { body(&$0) }
    changed.signal()
    poke.signal()
  }

  /// Waits until something holds.
  func wait(
    _ what: String, seconds: Int64 = 60, sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: @escaping @Sendable (Memory) -> Bool
  ) async {
    let holdsAtLast = await offPool { [self] in
      let end = AgentClock.monotonicNanoseconds() + seconds * 1_000_000_000
      while !memory.withLock({ holds($0) }) {
        let left = (end - AgentClock.monotonicNanoseconds()) / 1_000_000
        guard left > 0 else { return false }
        waitForSockets([WatchedSocket(changed.descriptor)], timeoutMs: min(left, 1_000))
        changed.drain()
      }
      return true
    }
    if !holdsAtLast {
      Issue.record("waited in vain for: \(what)", sourceLocation: sourceLocation)
    }
  }

  /// Queues a frame for the live session.
  func send(_ body: some FrameBody) {
    change { $0.toSend.append { try $0.seal(body) } }
  }

  // MARK: One connection

  private func serve(_ descriptor: consuming Descriptor) {
    let peer = Peer(descriptor)
    do {
      while !isOver.load(ordering: .relaxed) {
        try sendQueued(peer)
        while let (type, frame, body) = try nextFrame(peer) {
          guard try take(type, frame, body, peer) else { return }
        }
        var ready = pollfd(fd: peer.descriptor.raw, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, 0) == 1 {
          var part = [UInt8](repeating: 0, count: 65_536)
          let count = recv(peer.descriptor.raw, &part, part.count, 0)
          guard count > 0 else { return }
          peer.input += part[..<count]
        } else {
          waitForSockets(
            [WatchedSocket(peer.descriptor.raw), WatchedSocket(poke.descriptor)], timeoutMs: 500)
          poke.drain()
        }
      }
    } catch {
      change { $0.problems.append("\(error)") }
    }
  }

  private func sendQueued(_ peer: Peer) throws {
    guard let sealer = peer.sealer else { return }
    let queued = memory.withLock { memory in
      defer { memory.toSend = [] }
      return memory.toSend
    }
    for make in queued { peer.write(try make(sealer)) }
  }

  private func nextFrame(_ peer: Peer) throws -> (FrameType, [UInt8], [UInt8])? {
    let found = try peer.input.withUnsafeBytes {
      try Frame.scan($0, peerIsProven: peer.opener != nil)
    }
    guard let found, let type = found.type else { return nil }
    let bytes = Array(peer.input[..<found.byteCount])
    peer.input.removeFirst(found.byteCount)
    if let opener = peer.opener {
      guard found.isTagged, try bytes.withUnsafeBytes({ try opener.verify($0) }) else {
        throw FrameError.tag
      }
    }
    return (type, bytes, Array(bytes[found.body]))
  }

  private func take(
    _ type: FrameType, _ frame: [UInt8], _ body: [UInt8], _ peer: Peer
  ) throws -> Bool {
    switch type {
    case .hello:
      let hello = try Hello(decoding: body)
      let known = memory.withLock { $0 }
      if let refusal = known.refusal {
        peer.write(Frame.encode(ErrorFrame(refusal)))
        return false
      }
      let root: [UInt8]
      if hello.keyID == known.keyID {
        root = known.root
      } else if let next = known.keys.pending, hello.keyID == next.id {
        root = next.root
      } else {
        peer.write(Frame.encode(ErrorFrame(End(.auth, message: "no"))))
        return false
      }
      peer.keys = try AgentKeys(root: root)
      peer.keyID = hello.keyID
      peer.hello = frame
      peer.challenge = Frame.encode(
        Challenge(
          version: 1, features: hello.features, collector: CollectorID(high: 1, low: 1),
          session: .random(),
          nonce: try randomBytes(32), wallMs: AgentClock.wallMs()))
      peer.write(peer.challenge)
      change {
        $0.boots.insert(hello.boot)
        $0.features = hello.features
      }
    case .enroll: return try enrol(try Enroll(decoding: body), frame, peer)
    case .auth: try welcome(try Auth(decoding: body), frame, peer)
    case .results: return try results(body, peer)
    case .timeRequest:
      let request = try TimeRequest(decoding: body)
      let now = AgentClock.wallMs()
      try send(TimeResponse(t1: request.t1, t2: now, t3: now), peer)
    case .ping: try send(Pong(token: try Ping(decoding: body).token), peer)
    case .alive:
      let alive = try Alive(decoding: body)
      change { $0.alive.append(alive) }
    case .overdue:
      let overdue = try Overdue(decoding: body)
      change { $0.overdue.append(overdue) }
    case .probeDone:
      let done = try ProbeDone(decoding: body)
      change { $0.done.append(done) }
    case .tried:
      let tried = try Tried(decoding: body)
      change { $0.tried.append(tried) }
    case .keyRotated: return try keep(try KeyRotated(decoding: body))
    case .assignAck:
      let ack = try AssignAck(decoding: body)
      change { $0.assignAcks.append(ack) }
      if ack.status == .needFull { try sendAssignment(peer) }
    default: break
    }
    return true
  }

  func send(_ body: some FrameBody, _ peer: Peer) throws {
    if let sealer = peer.sealer { peer.write(try sealer.seal(body)) }
  }

  func sendAssignment(_ peer: Peer) throws {
    let (revision, targets) = memory.withLock { ($0.revision, $0.assignment) }
    for part in AssignFull.parts(revision: revision, targets) { try send(part, peer) }
  }
}
