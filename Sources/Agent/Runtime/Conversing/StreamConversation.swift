import AgentCore
import CLinux
import Dialogue
import Linux
import Model
import OpenSSL

/// A conversation over one connection: races addresses for it, carries bytes between its socket, TLS and
/// `StreamRun`, and gathers what is known.
final class StreamConversation: Conversation {
  /// Reads of one socket before others have their turn.
  private static let readsAtOnce = 4
  /// Bytes that a peer may send in all, TLS's own among them.
  private static let mostBytes = 4 << 20
  /// How long a server that asked for a client certificate is listened to after all was met: with
  /// TLS 1.3 it says only then that it refuses.
  private static let lingerUs: Int64 = 1_000_000

  private let number: UInt64
  private let plan: StreamPlan
  private unowned let host: ConversationHost
  private let begunUs: Int64
  private let deadlineUs: Int64
  private var race: ConnectRace
  /// Those that are connecting, by attempt; later the one that did.
  private var sockets: [Int: InternetSocket] = [:]
  private var socket: InternetSocket?
  private var tls: TLSConnection?
  private var isSecured = false
  private var run: StreamRun
  private var unsent: ArraySlice<UInt8> = []
  private var watchesWriting = false
  private var count = 0
  private var facts = ConversationReport()
  private var lingersUntilUs: Int64?
  private(set) var report: ConversationReport?

  init(
    _ number: UInt64, _ plan: StreamPlan, _ host: ConversationHost, nowUs: Int64,
    deadlineUs: Int64
  ) {
    self.number = number
    self.plan = plan
    self.host = host
    begunUs = nowUs
    self.deadlineUs = deadlineUs
    race = ConnectRace(plan.addresses, nowUs: nowUs)
    run = StreamRun(plan, key: plan.webSocket.flatMap { _ in Self.key() })
  }

  private static func key() -> WebSocketKey? {
    guard let nonce = try? randomBytes(16) else { return nil }
    return WebSocketKey(nonce: nonce) { (try? SHA1.digest($0)) ?? [] }
  }

  var wakeUs: Int64 {
    min(deadlineUs, lingersUntilUs ?? .max, socket == nil ? race.wakeUs ?? .max : .max)
  }

  func begin(nowUs: Int64) { goOnRacing(nowUs) }

  func passed(nowUs: Int64) {
    guard report == nil else { return }
    if let lingersUntilUs {
      if nowUs >= min(lingersUntilUs, deadlineUs) { finish(nil, nowUs) }
    } else if nowUs >= deadlineUs {
      finish(ConversationJudgement.late(run.stage, limitUs: deadlineUs - begunUs), nowUs)
    } else if socket == nil {
      goOnRacing(nowUs)
    }
  }

  func ready(_ slot: Int, _ readiness: Readiness, nowUs: Int64) {
    guard report == nil else { return }
    guard socket != nil else {
      connecting(slot, nowUs)
      return
    }
    guard slot == race.winner else { return }
    if readiness.contains(.writable), !unsent.isEmpty { flush(nowUs) }
    if !readiness.isDisjoint(with: [.readable, .hungUp, .failed]) { read(nowUs) }
  }

  // MARK: Connecting

  private func goOnRacing(_ nowUs: Int64) {
    while report == nil, socket == nil, let (attempt, address) = race.due(nowUs: nowUs) {
      let target = SocketAddress(address, port: plan.port)
      if let rule = target.refusal(by: host.rules) {
        race.barred(attempt, by: rule, nowUs: nowUs)
        continue
      }
      do throws(SocketTrouble) {
        let opened = try InternetSocket(target.family, SOCK_STREAM)
        opened.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let isConnected = try opened.connect(to: target)
        try watch(opened, attempt, isConnected ? .readable : .writable)
        sockets[attempt] = opened
        if isConnected { connected(attempt, nowUs) }
      } catch {
        race.failed(attempt, error, nowUs: nowUs)
      }
    }
    if report == nil, socket == nil, race.isLost { finish(race.failure, nowUs) }
  }

  private func watch(
    _ socket: InternetSocket, _ attempt: Int, _ readiness: Readiness
  ) throws(SocketTrouble) {
    do {
      try host.queue.add(
        socket.raw, for: readiness, token: ConversationHost.token(number, attempt))
    } catch {
      throw SocketTrouble(errno: error.code)
    }
  }

  private func connecting(_ attempt: Int, _ nowUs: Int64) {
    guard let opened = sockets[attempt] else { return }
    if let trouble = opened.takeTrouble() {
      sockets[attempt] = nil
      race.failed(attempt, trouble, nowUs: nowUs)
      goOnRacing(nowUs)
      return
    }
    do {
      try host.queue.modify(
        opened.raw, for: .readable, token: ConversationHost.token(number, attempt))
      connected(attempt, nowUs)
    } catch {
      finish(ConversationJudgement.failure(of: SocketTrouble(errno: error.code)), nowUs)
    }
  }

  private func connected(_ attempt: Int, _ nowUs: Int64) {
    race.connected(attempt, nowUs: nowUs)
    socket = sockets[attempt]
    sockets = [:]
    facts.connectedUs = nowUs - begunUs
    carry(run.connected(), nowUs)
  }

  // MARK: Steps

  private func carry(_ steps: [StreamRun.Step], _ nowUs: Int64) {
    for step in steps where report == nil {
      switch step {
      case .send(let bytes): say(bytes, nowUs)
      case .beginTLS: beginTLS(nowUs)
      case .end(let failure): end(failure, nowUs)
      }
    }
  }

  private func say(_ bytes: [UInt8], _ nowUs: Int64) {
    guard let tls else {
      unsent += bytes
      flush(nowUs)
      return
    }
    if let trouble = tls.write(bytes) {
      finish(ConversationJudgement.failure(of: trouble), nowUs)
    } else {
      flush(nowUs)
    }
  }

  private func end(_ failure: Failure?, _ nowUs: Int64) {
    guard failure == nil, isSecured, facts.tls?.wantsClientCertificate == true,
      plan.tls?.identity == nil, !run.hasHeard, nowUs < deadlineUs
    else {
      finish(failure, nowUs)
      return
    }
    facts.totalUs = nowUs - begunUs
    lingersUntilUs = nowUs + Self.lingerUs
    tls?.close()
    flush(nowUs)
  }

  // MARK: TLS

  private func beginTLS(_ nowUs: Int64) {
    guard let settings = plan.tls else { return }
    if settings.startTLS != nil, socket?.hasBytes == true {
      finish(
        Failure(
          .protocolInvalid, detail: "bytes came behind the go-ahead for TLS, in the clear"), nowUs)
      return
    }
    do throws(HandshakeTrouble) {
      tls = try TLSConnection(settings, try host.contexts.context(for: settings, nowUs: nowUs))
      goOnWithTLS(nowUs)
    } catch {
      finish(ConversationJudgement.failure(of: error), nowUs)
    }
  }

  /// Goes on with the handshake, then with what came.
  private func goOnWithTLS(_ nowUs: Int64) {
    guard let tls else { return }
    if !isSecured {
      switch tls.handshake() {
      case .going:
        flush(nowUs)
        return
      case .failed(let trouble):
        finish(ConversationJudgement.failure(of: trouble), nowUs)
        return
      case .established:
        isSecured = true
        facts.tlsUs = nowUs - begunUs
        let found = tls.facts()
        facts.tls = found
        if let trouble = tls.judge(found) {
          finish(ConversationJudgement.failure(of: trouble), nowUs)
          return
        }
        flush(nowUs)
        carry(run.secured(), nowUs)
      }
    }
    while report == nil {
      switch host.withBuffer({ tls.read(into: $0) }) {
      case .bytes(let bytes): hear(bytes, nowUs)
      case .nothing:
        // Key updates are answered.
        flush(nowUs)
        return
      case .closed:
        closed(nowUs)
        return
      case .failed(let trouble):
        finish(ConversationJudgement.failure(of: trouble), nowUs)
        return
      }
    }
  }

  // MARK: Bytes

  private func read(_ nowUs: Int64) {
    for _ in 0..<Self.readsAtOnce {
      guard report == nil, let socket else { return }
      switch host.withBuffer({ receive($0, socket) }) {
      case .bytes(let bytes):
        count += bytes.count
        guard count <= Self.mostBytes else {
          finish(
            Failure(.bodyTooLarge, detail: "more than \(Self.mostBytes) bytes came"), nowUs)
          return
        }
        take(bytes, nowUs)
      case .nothing: return
      case .closed:
        closed(nowUs)
        return
      case .failed(let failure):
        finish(failure, nowUs)
        return
      }
    }
  }

  private enum Read {
    case bytes([UInt8])
    case nothing
    case closed
    case failed(Failure)
  }

  private func receive(_ buffer: UnsafeMutableRawBufferPointer, _ socket: InternetSocket) -> Read {
    switch socket.receive(into: buffer) {
    case .bytes(let count): return .bytes(Array(buffer[..<count]))
    case .nothing: return .nothing
    case .closed: return .closed
    case .broke(let trouble):
      if lingersUntilUs != nil { return .closed }
      return .failed(ConversationJudgement.failure(of: trouble, at: run.stage))
    }
  }

  private func take(_ bytes: [UInt8], _ nowUs: Int64) {
    guard let tls else {
      hear(bytes, nowUs)
      return
    }
    bytes.withUnsafeBytes { tls.feed($0) }
    goOnWithTLS(nowUs)
  }

  /// What the peer says, in the clear or out of TLS.
  private func hear(_ bytes: [UInt8], _ nowUs: Int64) {
    facts.note(bytes, atUs: nowUs - begunUs)
    if lingersUntilUs != nil {
      // It goes on, so that it does not mind.
      finish(nil, nowUs)
      return
    }
    carry(run.received(bytes, using: &host.generator), nowUs)
  }

  private func closed(_ nowUs: Int64) {
    if lingersUntilUs != nil {
      finish(nil, nowUs)
    } else {
      carry(run.closed(), nowUs)
      // A peer that closes has nothing more to say, whatever it was.
      if report == nil { finish(Failure(.tcpClosed, detail: "the connection was closed"), nowUs) }
    }
  }

  private func flush(_ nowUs: Int64) {
    if let tls { unsent += tls.takeOutput() }
    guard report == nil, let socket else { return }
    do throws(SocketTrouble) {
      while !unsent.isEmpty {
        let count = try socket.send(unsent)
        if count == 0 { break }
        unsent = unsent.dropFirst(count)
      }
    } catch {
      // What the peer said before it went away says more than that it has.
      unsent = []
      read(nowUs)
      if report == nil {
        finish(ConversationJudgement.failure(of: error, at: run.stage), nowUs)
      }
      return
    }
    if unsent.isEmpty { unsent = [] }
    guard watchesWriting == unsent.isEmpty, let attempt = race.winner else { return }
    watchesWriting = !unsent.isEmpty
    try? host.queue.modify(
      socket.raw, for: watchesWriting ? [.readable, .writable] : .readable,
      token: ConversationHost.token(number, attempt))
  }

  // MARK: The end

  private func finish(_ failure: Failure?, _ nowUs: Int64) {
    guard report == nil else { return }
    facts.failure = failure
    if lingersUntilUs == nil || failure != nil { facts.totalUs = nowUs - begunUs }
    facts.address = race.decisive
    facts.attempts = race.attempts
    facts.closeCode = run.closeCode
    facts.head = run.head
    facts.answer = run.answer
    if let tls {
      if facts.tls == nil { facts.tls = tls.facts() }
      if isSecured { tls.close() }
      unsent += tls.takeOutput()
    }
    // What is still to be said goes if there is room for it.
    if let socket, !unsent.isEmpty { _ = try? socket.send(unsent) }
    report = facts
    socket = nil
    sockets = [:]
    tls = nil
    unsent = []
  }
}
