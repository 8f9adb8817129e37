import Model
import DNS
import Linux

/// Carries out lookups: opens their sockets, tells them what comes and when time has passed, and keeps
/// their reports until they are fetched.
///
/// It belongs to the loop's thread. It decides nothing: `Lookup` says what to do, `FlightGate` when one
/// may begin.
final class LookupRunner {
  /// Datagrams that are read from one socket before the others have their turn.
  private static let datagramsAtOnce = 16

  /// So much before its lookup a question that is carried is late, in microseconds: whoever carries it
  /// knows what it was at.
  private static let graceUs: Int64 = 50_000

  /// One lookup that has not ended.
  private final class Run {
    let number: UInt64
    var lookup: Lookup
    let wantedUs: Int64
    /// When it found room; `nil` while it waits.
    var begunUs: Int64?
    /// The sockets' tokens by attempt.
    var tokens: [Int: UInt64] = [:]

    init(_ number: UInt64, _ lookup: Lookup, nowUs: Int64) {
      self.number = number
      self.lookup = lookup
      wantedUs = nowUs
    }

    /// Whether it has waited for room longer than it has asked: that it knows nothing then says
    /// nothing of the servers.
    func isOwnTrouble(nowUs: Int64) -> Bool {
      guard let begunUs else { return true }
      return begunUs - wantedUs > nowUs - begunUs
    }
  }

  private let queue: EventQueue
  private var gate: FlightGate
  private var runs: [UInt64: Run] = [:]
  private var sockets: [UInt64: QuerySocket] = [:]
  /// Attempts that someone else carries, by their tokens.
  private var exchanges: [UInt64: (run: UInt64, attempt: Int)] = [:]
  unowned(unsafe) var carrier: (any QuestionCarrier)?
  private var lastNumber: UInt64 = 0
  private var lastToken: UInt64 = 0
  /// Those for which there is room now.
  private var toBegin: [UInt64] = []
  private var finished: [(number: UInt64, report: LookupReport)] = []
  private var generator = SystemRandomNumberGenerator()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  /// No lookup wants to be woken before this; one may have wanted it that has ended since.
  private(set) var wakeUs = Int64.max

  init(room: Int, mostWaiting: Int) throws(SystemError) {
    queue = try EventQueue()
    gate = FlightGate(room: room, mostWaiting: mostWaiting)
  }

  deinit {
    buffer.deallocate()
  }

  /// Readable when `turn` has something to do.
  var descriptor: Int32 { queue.descriptor }
  var flyingCount: Int { gate.flyingCount }
  var waitingCount: Int { gate.waitingCount }
  var socketCount: Int { sockets.count + exchanges.count }
  var hasFinished: Bool { !finished.isEmpty }

  /// Begins a lookup, or has it wait for room.
  ///
  /// - Returns: its number, under which its report comes.
  func begin(_ lookup: Lookup, nowUs: Int64) -> UInt64 {
    lastNumber += 1
    let run = Run(lastNumber, lookup, nowUs: nowUs)
    runs[run.number] = run
    let first = lookup.servers.first ?? ServerAddress(.ipv4(0))
    switch gate.ask(run.number, first) {
    case .begins: toBegin.append(run.number)
    case .waits: wakeUs = min(wakeUs, lookup.wakeUs ?? .max)
    case .refused: carryOut(run.lookup.giveUp(.overload, nowUs: nowUs), run, nowUs)
    }
    beginAll(nowUs)
    return run.number
  }

  /// Ends a lookup whose report nobody wants.
  func cancel(_ number: UInt64, nowUs: Int64) {
    guard let run = runs.removeValue(forKey: number) else {
      finished.removeAll { $0.number == number }
      return
    }
    for token in run.tokens.values { close(token) }
    toBegin += gate.end(number)
    beginAll(nowUs)
  }

  /// Why a lookup has no answer yet.
  func failureSoFar(_ number: UInt64, nowUs: Int64) -> LookupFailure {
    guard let run = runs[number] else { return .timeout }
    let failure = run.lookup.failureSoFar
    return failure == .timeout && run.isOwnTrouble(nowUs: nowUs) ? .overload : failure
  }

  /// The questions that were sent for a lookup that has no answer yet.
  func attemptsSoFar(_ number: UInt64, nowUs: Int64) -> [LookupAttempt] {
    guard let run = runs[number], run.begunUs != nil else { return [] }
    return run.lookup.attemptsSoFar(nowUs: nowUs)
  }

  /// The reports that have come since the last call.
  func takeFinished() -> [(number: UInt64, report: LookupReport)] {
    defer { finished = [] }
    return finished
  }

  /// Reads what has come, and wakes whoever wanted to be woken.
  func turn(nowUs: Int64) {
    // Fails only for a queue that is not there, which would be a mistake of this file.
    let count = (try? queue.wait(nanoseconds: 0)) ?? 0
    for index in 0..<count {
      let event = queue.event(index)
      guard let socket = sockets[event.token] else { continue }
      switch socket.transport {
      case .udp: readDatagrams(event.token, event.readiness, nowUs)
      case .tcp, .tls, .https: goOn(event.token, event.readiness, nowUs)
      }
    }
    if nowUs >= wakeUs {
      for run in runs.values.filter({ ($0.lookup.wakeUs ?? .max) <= nowUs }) {
        let failure = failureSoFar(run.number, nowUs: nowUs)
        let steps =
          nowUs >= run.lookup.deadlineUs && failure == .overload
          ? run.lookup.giveUp(.overload, nowUs: nowUs)
          : run.lookup.passed(nowUs: nowUs, using: &generator)
        carryOut(steps, run, nowUs)
      }
      wakeUs = runs.values.reduce(.max) { min($0, $1.lookup.wakeUs ?? .max) }
    }
    beginAll(nowUs)
  }

  // MARK: Steps

  private func beginAll(_ nowUs: Int64) {
    // One that ends at once makes room for the next.
    var index = 0
    while index < toBegin.count {
      if let run = runs[toBegin[index]] {
        let isLate = nowUs >= run.lookup.deadlineUs && nowUs > run.wantedUs
        run.begunUs = nowUs
        let steps =
          isLate
          ? run.lookup.giveUp(.overload, nowUs: nowUs)
          : run.lookup.begin(nowUs: nowUs, using: &generator)
        carryOut(steps, run, nowUs)
      }
      index += 1
    }
    toBegin.removeAll(keepingCapacity: true)
  }

  private func carryOut(_ steps: [Lookup.Step], _ run: Run, _ nowUs: Int64) {
    var steps = steps
    var index = 0
    while index < steps.count {
      switch steps[index] {
      case .send(let attempt, let message, let server):
        steps += open(run, attempt, message, server, .udp, nowUs)
      case .connect(let attempt, let message, let server):
        steps += open(run, attempt, message, server, .tcp, nowUs)
      case .exchange(let attempt, let message, let server, let transport):
        steps += carry(run, attempt, message, server, transport, nowUs)
      case .close(let attempt):
        if let token = run.tokens.removeValue(forKey: attempt) { close(token) }
      case .finish(let report):
        runs[run.number] = nil
        finished.append((run.number, report))
        toBegin += gate.end(run.number)
      }
      index += 1
    }
    wakeUs = min(wakeUs, run.lookup.wakeUs ?? .max)
  }

  private func open(
    _ run: Run, _ attempt: Int, _ message: [UInt8], _ server: ServerAddress,
    _ transport: LookupTransport, _ nowUs: Int64
  ) -> [Lookup.Step] {
    do throws(AskingTrouble) {
      let socket = try QuerySocket(
        message, to: server, over: transport, run: run.number, attempt: attempt)
      lastToken += 1
      do {
        try queue.add(socket.raw, for: socket.wanted, token: lastToken)
      } catch {
        throw AskingTrouble(errno: error.code)
      }
      sockets[lastToken] = socket
      run.tokens[attempt] = lastToken
      return []
    } catch {
      return run.lookup.broke(attempt, error, nowUs: nowUs, using: &generator)
    }
  }

  private func close(_ token: UInt64) {
    sockets[token] = nil
    if exchanges.removeValue(forKey: token) != nil { carrier?.drop(token) }
  }

  // MARK: What others carry

  private func carry(
    _ run: Run, _ attempt: Int, _ message: [UInt8], _ server: ServerAddress,
    _ transport: LookupTransport, _ nowUs: Int64
  ) -> [Lookup.Step] {
    lastToken += 1
    let leftUs = max(0, run.lookup.deadlineUs - nowUs)
    let question = CarriedQuestion(
      number: lastToken, message: message, server: server, transport: transport,
      tls: run.lookup.policy.tls, limitUs: leftUs - min(Self.graceUs, leftUs / 8))
    let failure =
      carrier.map { $0.carry(question) }
      ?? Failure(.agentUnsupported, detail: "the agent can't ask over \(transport.word) here")
    if let failure {
      return run.lookup.broke(attempt, .channel(failure), nowUs: nowUs, using: &generator)
    }
    exchanges[lastToken] = (run.number, attempt)
    run.tokens[attempt] = lastToken
    return []
  }

  /// A question that was carried has ended.
  func carried(_ token: UInt64, _ answer: CarriedAnswer, nowUs: Int64) {
    guard let (number, attempt) = exchanges.removeValue(forKey: token), let run = runs[number]
    else { return }
    run.tokens[attempt] = nil
    let steps: [Lookup.Step] =
      switch answer {
      case .message(let bytes):
        run.lookup.received(bytes, on: attempt, nowUs: nowUs, using: &generator)
      case .failed(let failure):
        run.lookup.broke(attempt, .channel(failure), nowUs: nowUs, using: &generator)
      }
    carryOut(steps, run, nowUs)
    beginAll(nowUs)
  }

  // MARK: Sockets

  private func readDatagrams(_ token: UInt64, _ readiness: Readiness, _ nowUs: Int64) {
    for round in 0..<Self.datagramsAtOnce {
      guard let socket = sockets[token], let run = runs[socket.run] else { return }
      switch socket.readDatagram(into: buffer) {
      case .bytes(let count, let sender, let port):
        take(Array(buffer[..<count]), from: sender, port, socket, run, nowUs)
      case .broke(let trouble):
        end(socket, run, trouble, nowUs)
      case .nothing:
        // It would be reported for ever.
        if round == 0, readiness.contains(.failed) {
          end(socket, run, .unreachable("the socket failed"), nowUs)
        }
        return
      }
    }
  }

  private func goOn(_ token: UInt64, _ readiness: Readiness, _ nowUs: Int64) {
    guard let socket = sockets[token], let run = runs[socket.run] else { return }
    if socket.wanted == .writable {
      if let trouble = socket.write() {
        end(socket, run, trouble, nowUs)
        return
      }
      if socket.wanted == .readable {
        do {
          try queue.modify(socket.raw, for: .readable, token: token)
        } catch {
          end(socket, run, AskingTrouble(errno: error.code), nowUs)
        }
      }
      return
    }
    switch socket.readStream(into: buffer) {
    case .nothing: return
    case .broke(let trouble): end(socket, run, trouble, nowUs)
    case .bytes(_, let sender, let port):
      // Each message may end the attempt.
      while sockets[token] != nil, let message = socket.nextMessage() {
        take(message, from: sender, port, socket, run, nowUs)
      }
    }
  }

  private func take(
    _ bytes: [UInt8], from sender: IPAddress, _ port: UInt16, _ socket: QuerySocket, _ run: Run,
    _ nowUs: Int64
  ) {
    carryOut(
      run.lookup.received(
        bytes, from: sender, port: port, on: socket.attempt, nowUs: nowUs, using: &generator),
      run, nowUs)
  }

  private func end(
    _ socket: QuerySocket, _ run: Run, _ trouble: AskingTrouble, _ nowUs: Int64
  ) {
    carryOut(
      run.lookup.broke(socket.attempt, trouble, nowUs: nowUs, using: &generator), run, nowUs)
  }
}
