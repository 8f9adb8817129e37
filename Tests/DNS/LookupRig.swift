import Model
import DNS
import Testing
import WireFuzzing

/// A lookup with a clock that a test turns, and the questions that it has sent.
struct LookupRig {
  /// A question on its way.
  struct Sent {
    var bytes: [UInt8]
    var query: DNSMessage
    var server: ServerAddress
    var transport: LookupTransport
  }

  static let servers = ["192.0.2.53", "192.0.2.54", "192.0.2.55"].map { ServerAddress(address($0)) }
  static let limitUs: Int64 = 30_000_000

  var lookup: Lookup
  var generator = SeededGenerator(seed: 1)
  var nowUs: Int64 = 1_000
  private(set) var sent: [Sent] = []
  private(set) var open: Set<Int> = []
  private(set) var report: LookupReport?
  /// How many attempts were open at once, at most.
  private(set) var mostOpen = 0

  init(
    _ text: String = "www.example.org", _ type: RecordType = .a, servers count: Int = 1,
    first: Int = 0, policy: LookupPolicy = LookupPolicy()
  ) {
    lookup = Lookup(
      domain(text), type, servers: Array(Self.servers.prefix(count)), first: first, policy: policy,
      deadlineUs: nowUs + Self.limitUs)
    note(lookup.begin(nowUs: nowUs, using: &generator))
  }

  private mutating func note(_ steps: [Lookup.Step]) {
    for step in steps {
      #expect(report == nil, "\(step) came after the report")
      switch step {
      case .send(let attempt, let message, let server):
        note(attempt, message, server, .udp)
      case .connect(let attempt, let message, let server):
        note(attempt, message, server, .tcp)
      case .exchange(let attempt, let message, let server, let transport):
        note(attempt, message, server, transport)
      case .close(let attempt):
        #expect(open.remove(attempt) != nil)
      case .finish(let report):
        #expect(open.isEmpty)
        self.report = report
      }
    }
  }

  private mutating func note(
    _ attempt: Int, _ message: [UInt8], _ server: ServerAddress, _ transport: LookupTransport
  ) {
    #expect(attempt == sent.count)
    guard let query = try? DNSMessage(decoding: message), query.questions.count == 1 else {
      Issue.record("a question that can't be read was sent")
      return
    }
    sent.append(Sent(bytes: message, query: query, server: server, transport: transport))
    open.insert(attempt)
    mostOpen = max(mostOpen, open.count)
  }

  /// The good reply to an attempt, to be changed by the test.
  func reply(
    _ attempt: Int, _ answers: [ResourceRecord] = [], code: ResponseCode = .noError,
    flags: MessageFlags = [], authorities: [ResourceRecord] = [], extended: ExtendedDNS? = nil
  ) -> DNSMessage {
    DNSMessage(
      id: sent[attempt].query.id,
      flags: flags.union([.response, .recursionDesired, .recursionAvailable]),
      responseCode: code, questions: sent[attempt].query.questions, answers: answers,
      authorities: authorities,
      extended: extended ?? (sent[attempt].query.extended == nil ? nil : ExtendedDNS()))
  }

  mutating func hear(
    _ message: DNSMessage, on attempt: Int, from sender: IPAddress? = nil, port: UInt16 = 53
  ) {
    hear(message.encoded(), on: attempt, from: sender, port: port)
  }

  mutating func hear(
    _ message: [UInt8], on attempt: Int, from sender: IPAddress? = nil, port: UInt16 = 53
  ) {
    note(
      lookup.received(
        message, from: sender ?? sent[attempt].server.address, port: port, on: attempt,
        nowUs: nowUs, using: &generator))
  }

  /// What came back for a question that was carried.
  mutating func bring(_ message: [UInt8], for attempt: Int) {
    note(lookup.received(message, on: attempt, nowUs: nowUs, using: &generator))
  }

  mutating func breaks(_ attempt: Int, _ trouble: AskingTrouble) {
    note(lookup.broke(attempt, trouble, nowUs: nowUs, using: &generator))
  }

  mutating func giveUp(_ failure: LookupFailure) {
    note(lookup.giveUp(failure, nowUs: nowUs))
  }

  /// Goes on to when the lookup wants to be woken.
  mutating func wake() {
    guard let wakeUs = lookup.wakeUs else {
      Issue.record("the lookup wants to be woken no more")
      return
    }
    #expect(wakeUs > nowUs)
    nowUs = wakeUs
    note(lookup.passed(nowUs: nowUs, using: &generator))
  }

  /// Lets all time pass.
  mutating func sleep() {
    for _ in 0..<100 where report == nil { wake() }
  }
}
