import AgentCore
import Curl
import Linux
import Model
import OpenSSL
import Signing
import Spool
import Wire

/// The thread that owns the spool and the link: it makes batches of records, keeps them, sends them,
/// and obeys the collector.
///
/// All decisions are those of `LinkMachine` and `StreamLedger`; this carries them out.
public final class Shipper {
  let configuration: LinkConfiguration
  let state: StateFolder
  let clock: AgentClock
  let boot: BootID
  let inbox: Inbox
  let journal: Journal
  let spool: Spool
  let kept: KeptJournals.Notes
  let prober: any ProbeRunner
  let log: Log

  var identity: Identity
  var pins: [Pin]
  var machine: LinkMachine
  var ledger: StreamLedger
  var estimate = ClockEstimate()
  var table = AssignmentTable()
  var canaries = CanaryWatch()
  /// What was asked of targets while much failed at once, and since when it waits for canaries.
  var heldQuestions: [(question: ProbeNow, sinceMs: Int64)] = []
  /// Signs what is made now.
  var maker: BatchMaker
  var generator = SystemRandomNumberGenerator()

  var session: Session?
  /// The position in the identity's keys of the one that the next HELLO names.
  var keyIndex = 0
  var lastError = ""
  var lastSpoolError = ""
  var end: LinkEnd?
  var isStopping = false

  var schedule = Moments()
  var leaseEndsMs: Int64 = 0
  var leaseMs: Int64 = 0
  var isLeaseOver = false
  /// The watermark of the prober when records were last taken, or when there were none: it holds
  /// while later ones are not acked.
  var sealedWatermarkMs: Int64
  /// Wall time less agent time when last looked at, and how often it jumped since the start.
  var wallLeadMs: Int64?
  var clockSteps: UInt64 = 0
  var lastAlive: (revision: UInt64, failing: Int, sentMs: Int64)?
  /// Whether the journal's sealed records are in the spool, perhaps in its memory only.
  var isSealedStored = false
  /// How far streams are done by batches that were moved; the copies may be in memory only.
  var moved: [StreamID: UInt64] = [:]
  /// The requests whose records a batch holds, until it is sent.
  var answers: [BatchName: [ProbeRequestID]] = [:]
  var sentAuthMs: Int64 = 0
  var collectorOfEstimate: CollectorID?
  var counters = Counters()

  /// When things are due next, in milliseconds of agent time.
  struct Moments {
    var tend: Int64 = 0
    var alive: Int64 = 0
    var time: Int64 = 0
    var status: Int64 = 0
    var lease: Int64 = 0
  }

  /// What happened since the process began.
  struct Counters {
    var sessions = 0
    var sentBatches: UInt64 = 0
    var ackedBatches: UInt64 = 0
    var rejectedRecords: UInt64 = 0
    var lostResults: UInt64 = 0
  }

  /// - Parameters:
  ///   - journal: this process's own, after `recover` has taken what the last one left.
  ///   - spool: with what `recover` brought back in `ledger`.
  public init(
    configuration: LinkConfiguration, state: StateFolder, identity: Identity, recovered: Recovered,
    clock: AgentClock, inbox: Inbox, prober: any ProbeRunner, log: Log
  ) throws(StateError) {
    self.configuration = configuration
    self.state = state
    self.identity = identity
    self.clock = clock
    self.inbox = inbox
    self.prober = prober
    self.log = log
    boot = recovered.boot
    journal = recovered.journal
    spool = recovered.spool
    kept = recovered.kept
    ledger = recovered.ledger
    maker = recovered.maker
    pins = try state.pins()
    let nowMs = clock.nowMs()
    machine = LinkMachine(collectors: identity.collectors.count, nowMs: nowMs)
    sealedWatermarkMs = nowMs
    counters.lostResults = recovered.lostResults
  }

  // MARK: The loop

  /// Works until it is stopped or revoked. Call it on a thread of its own.
  public func run() -> LinkEnd {
    begin()
    while end == nil {
      wait()
      inbox.wakeUp.drain()
      takeInbox()
      readSession()
      tendCanaries(clock.nowMs())
      let nowMs = clock.nowMs()
      inbox.noteBeat(nowMs)
      takeRecords(nowMs)
      tendSpool(nowMs)
      carryOut(.timePassed)
      tendSession(clock.nowMs())
      sendBatches(clock.nowMs())
      settle()
      flush()
      writeStatus(nowMs)
    }
    takeRecords(clock.nowMs(), all: true)
    spool.sync()
    spool.writeHints()
    saveAssignment()
    writeStatus(clock.nowMs(), isLast: true)
    return end ?? .stopped(unacked: ledger.unackedCount)
  }

  private func begin() {
    let nowMs = clock.nowMs()
    if let stored = state.assignment(of: identity.agent) {
      table = stored.table
      // The lease is kept as wall time, since agent time begins anew with each process.
      leaseEndsMs = nowMs + (stored.leaseEndsMs - AgentClock.wallMs())
      prober.assign(leaseEndsMs > nowMs ? table.targets : [])
      isLeaseOver = leaseEndsMs <= nowMs
      assignCanaries()
      log.info(
        "probing by the stored assignment",
        [
          "revision": "\(table.revision)", "targets": "\(table.count)",
          "lease_s": "\(max(0, (leaseEndsMs - nowMs) / 1000))",
        ])
    }
    journal.note(stamp)
  }

  private func wait() {
    let nowMs = clock.nowMs()
    var wakeMs = nowMs + 1_000
    let dueMs = journal.hasSealed ? nil : journal.dueMs
    for moment in [
      machine.wakeAtMs, dueMs, ledger.wakeAtMs(nowMs: nowMs), canaries.wakeAtMs,
    ] {
      if let moment { wakeMs = min(wakeMs, moment) }
    }
    if machine.maySend, session?.isProven == true {
      wakeMs = min(wakeMs, schedule.alive, schedule.time)
    }
    var sockets = [WatchedSocket(inbox.wakeUp.descriptor)]
    if let session, let socket = session.connection.socket {
      sockets.append(WatchedSocket(socket, wantsToWrite: session.connection.wantsToWrite))
    }
    waitForSockets(sockets, timeoutMs: wakeMs - nowMs)
  }

  private func takeInbox() {
    let contents = inbox.take()
    if machine.maySend {
      for (slot, runningMs) in contents.overdue {
        send(Overdue(slot: slot, runningMs: UInt64(runningMs)))
      }
      for request in contents.dropped {
        send(ProbeDone(id: request, stream: .zero, sequence: 0))
      }
      for answer in contents.tried { send(answer) }
    }
    if let endedMs = contents.ambiguousMs { canaries.failed(endedMs: endedMs) }
    for answer in contents.canaryAnswers
    where canaries.answered(answer.set, index: answer.index, passed: answer.passed) {
      tellCanaries()
    }
    if let untilMs = contents.stopUntilMs, !isStopping {
      isStopping = true
      takeRecords(clock.nowMs(), all: true)
      carryOut(.stop(untilMs: untilMs))
    }
  }

  // MARK: The machine

  /// Tells the machine an event and does what it says.
  func carryOut(_ event: LinkMachine.Event) {
    let directives = machine.handle(event, nowMs: clock.nowMs(), using: &generator)
    for directive in directives {
      switch directive {
      case .connect(let index): connect(index)
      case .sendHello: greet()
      case .sendAuth: prove()
      case .startSession: startSession()
      case .sendPing: send(Ping(token: UInt64.random(in: 0...UInt64.max, using: &generator)))
      case .stopSending: break
      case .close: close()
      case .finish: if end == nil { end = .stopped(unacked: ledger.unackedCount) }
      }
    }
  }

  private func connect(_ index: Int) {
    let address = identity.collectors[index % identity.collectors.count]
    if keyIndex >= identity.keys.count { keyIndex = 0 }
    do {
      let connection = try Connection(to: address, pins: pins, proxy: configuration.proxy)
      session = try Session(
        connection, identity, key: identity.keys[keyIndex], collector: address)
      carryOut(.connected)
    } catch {
      fail("no connection to the collector", "\(error)", collector: address)
      carryOut(.connectFailed)
    }
  }

  private func greet() {
    attempt { () throws(OpenSSLError) in
      try session?.sendHello(
        boot: boot, wallMs: AgentClock.wallMs(), software: configuration.software)
    }
  }

  private func prove() {
    sentAuthMs = clock.nowMs()
    attempt { () throws(OpenSSLError) in
      try session?.sendAuth(ledger.forAuth, assignmentRevision: table.revision)
    }
  }

  func close() {
    guard let closing = session else { return }
    if closing.isProven {
      // What is still queued goes as far as it goes at once.
      try? closing.connection.flush()
      extendLease()
      saveAssignment()
      log.info("the session is over", ["reason": lastError.isEmpty ? "closed" : lastError])
    }
    session = nil
    ledger.sessionEnded()
    answers = [:]
    lastAlive = nil
  }

  /// The session is of no more use.
  func lose(_ reason: String) {
    guard let session else { return }
    fail("the session broke", reason, collector: session.collector)
    carryOut(.lost)
  }

  /// Notes a failure once, however often it repeats.
  private func fail(_ message: String, _ reason: String, collector: CollectorAddress) {
    if reason == lastError {
      log.debug(message, ["collector": "\(collector)", "reason": reason])
    } else {
      log.warning(message, ["collector": "\(collector)", "reason": reason])
    }
    lastError = reason
  }

  func attempt(_ body: () throws(OpenSSLError) -> Void) {
    do { try body() } catch { lose("\(error)") }
  }

  /// Sends a tagged frame, if there is a session.
  func send(_ body: some FrameBody) {
    attempt { () throws(OpenSSLError) in try session?.send(body) }
  }

  private func readSession() {
    guard let reading = session else { return }
    do {
      var received = Connection.Received.more
      while session === reading, received == .more {
        received = try reading.receive()
        while session === reading, let frame = try reading.nextFrame() {
          carryOut(.heard)
          try take(frame)
        }
      }
      if received == .closed, session === reading {
        lose("the collector closed the connection")
      }
    } catch {
      if session === reading { lose("\(error)") }
    }
  }

  private func settle() {
    switch machine.state {
    case .draining: if ledger.outstandingCount == 0 { carryOut(.settled) }
    case .stopping:
      if ledger.unackedCount == 0, journal.dueMs == nil, !journal.hasSealed {
        carryOut(.settled)
      }
    case .waiting, .connecting, .greeted, .proving, .live, .stopped: break
    }
  }

  private func flush() {
    guard let session else { return }
    do { try session.connection.flush() } catch { lose("\(error)") }
  }
}
