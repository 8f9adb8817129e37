import DNS
import Model
import Testing
import WireFuzzing

@Suite struct DNSJudgementTests {
  private static func expected(_ texts: String..., type: RecordType = .a) -> [ExpectedAnswer] {
    texts.compactMap { try? ExpectedAnswer($0, type) }
  }

  private static func report(
    _ records: [ResourceRecord], _ type: RecordType = .a, failure: LookupFailure? = nil,
    code: ResponseCode? = .noError, flags: MessageFlags = []
  ) -> LookupReport {
    LookupReport(
      name: domain("x.example"), type: type, failure: failure, records: records,
      response: code.map { DNSMessage(id: 1, flags: flags, responseCode: $0) },
      server: ServerAddress(address("192.0.2.53")), transport: .udp, tookUs: 1_000)
  }

  struct Row: Sendable {
    var report: LookupReport
    var change: @Sendable (inout DNSExpectation) -> Void = { _ in }
    /// `nil` for good.
    var code: String?
    var detail = ""
  }

  private static let one = ResourceRecord.a("x.example", "192.0.2.1")
  private static let two = ResourceRecord.a("x.example", "192.0.2.2", ttl: 30)

  static let rows: [Row] = [
    Row(report: report([one])),
    Row(
      report: report([], failure: .noData), code: "dns.nodata",
      detail: "the name has no record of the type that was asked for"),
    Row(report: report([], failure: .noData), change: { $0.answers = .none }),
    Row(
      report: report([one]), change: { $0.answers = .none }, code: "assert.dns",
      detail: "there is \"192.0.2.1\", where no record is expected"),
    // Response codes.
    Row(
      report: report([], failure: .noSuchName, code: .noSuchName), code: "dns.nxdomain",
      detail: "the response code is NXDOMAIN, where NOERROR is expected"),
    Row(
      report: report([], failure: .noSuchName, code: .noSuchName),
      change: { $0.responseCodes = [.noSuchName] }),
    Row(
      report: report([], failure: .refused, code: .refused),
      change: { $0.responseCodes = [.refused, .serverFailure] }),
    Row(
      report: report([one]), change: { $0.responseCodes = [.refused, .noSuchName] },
      code: "dns.rcode",
      detail: "the response code is NOERROR, where REFUSED, NXDOMAIN is expected"),
    Row(
      report: report([], failure: .serverFailure, code: .serverFailure), code: "dns.servfail"),
    Row(
      report: report([], failure: .code(.notImplemented), code: .notImplemented),
      code: "dns.rcode"),
    // Any, all, exactly.
    Row(
      report: report([one, two]), change: { $0.answers = .any(expected("192.0.2.9", "192.0.2.2")) }),
    Row(
      report: report([one]), change: { $0.answers = .any(expected("192.0.2.9", "192.0.2.2")) },
      code: "assert.dns",
      detail: "none of \"192.0.2.9\", \"192.0.2.2\" is among the answers"),
    Row(report: report([one, two]), change: { $0.answers = .all(expected("192.0.2.2")) }),
    Row(
      report: report([one]), change: { $0.answers = .all(expected("192.0.2.1", "192.0.2.2")) },
      code: "assert.dns",
      detail: "\"192.0.2.2\" is not among the answers"),
    Row(
      report: report([one, two]),
      change: { $0.answers = .exactly(expected("192.0.2.2", "192.0.2.1")) }),
    Row(
      report: report([one, two]), change: { $0.answers = .exactly(expected("192.0.2.1")) },
      code: "assert.dns",
      detail: "\"192.0.2.2\" is among the answers and not expected"),
    Row(
      report: report([], failure: .noData),
      change: { $0.answers = .exactly(expected("192.0.2.1")) }, code: "dns.nodata"),
    Row(report: report([], failure: .noData), change: { $0.answers = .exactly([]) }),
    // Flags and times.
    Row(
      report: report([one], flags: [.authoritative]), change: { $0.needsAuthority = true }),
    Row(
      report: report([one]), change: { $0.needsAuthority = true },
      code: "assert.dns",
      detail: "the server does not answer with authority (no AA bit)"),
    Row(
      report: report([one], flags: [.authenticData]), change: { $0.needsAuthenticData = true }),
    Row(
      report: report([one]), change: { $0.needsAuthenticData = true },
      code: "assert.dns",
      detail: "the answer is not verified by DNSSEC (no AD bit)"),
    Row(
      // That a name does not exist can be verified as well.
      report: report([], failure: .noSuchName, code: .noSuchName),
      change: {
        $0.responseCodes = [.noSuchName]
        $0.needsAuthenticData = true
      }, code: "assert.dns",
      detail: "the answer is not verified by DNSSEC (no AD bit)"),
    Row(report: report([one, two]), change: { $0.ttl = 30...300 }),
    Row(
      report: report([one, two]), change: { $0.ttl = 60...300 }, code: "assert.dns",
      detail: "the time to live is 30 s, where 60 to 300 s are expected"),
    Row(
      report: report([one]), change: { $0.ttl = 0...299 }, code: "assert.dns"),
    // What kept a server from answering.
    Row(
      report: report([], failure: .timeout, code: nil), code: "dns.timeout",
      detail: "no name server answered in time"),
    Row(
      report: report([], failure: .spoofed(2), code: nil), code: "dns.timeout"),
    Row(
      report: report([], failure: .malformed(.cut), code: nil), code: "dns.malformed"),
    Row(
      report: report([], failure: .truncated("x"), code: nil), code: "dns.truncated"),
    Row(
      report: report([], failure: .unreachable("No route to host"), code: nil),
      code: "net.unreachable"),
    Row(
      report: report([], failure: .noListener, code: nil), code: "tcp.refused"),
    Row(
      report: report([], failure: .closed, code: nil), code: "tcp.closed"),
    Row(report: report([], failure: .loop), code: "dns.loop"),
    Row(report: report([], failure: .referral), code: "dns.failed"),
    Row(
      report: report([], failure: .own(.descriptors, "Too many open files"), code: nil),
      code: "agent.no_descriptors"),
    Row(
      report: report([], failure: .overload, code: nil), code: "agent.overload"),
    // An answer that came before the lookup failed otherwise does not count.
    Row(
      report: report([], failure: .timeout, code: .noError), code: "dns.timeout"),
    Row(
      report: report([], failure: .timeout, code: .formatError),
      change: { $0.responseCodes = [.formatError] }, code: "dns.timeout"),
  ]

  @Test(arguments: rows.indices)
  func `an answer is judged by what was expected`(index: Int) {
    let row = Self.rows[index]
    var question = DNSQuestion(
      domain("x.example"), .a, servers: .these([.init("192.0.2.53")]))
    row.change(&question.expectation)
    let verdict = DNSJudgement.verdict(
      of: [.init(server: "192.0.2.53", report: row.report)], under: question)
    #expect(verdict.code == row.code)
    #expect(verdict.outcome.isUp == (row.code == nil))
    if !row.detail.isEmpty { #expect(verdict.outcome.failure?.detail == row.detail) }
    #expect(verdict.facts.count == 1)
  }

  @Test(
    arguments: [
      (.timeout, "dns.timeout"), (.serverFailure, "dns.servfail"), (.noListener, "dns.failed"),
      (.closed, "dns.failed"), (.unreachable("x"), "dns.failed"),
      (.malformed(.cut), "dns.malformed"), (.noSuchName, "dns.nxdomain"), (.noData, "dns.nodata"),
      (.own(.memory, "x"), "agent.no_memory"),
    ] as [(LookupFailure, String)])
  func `the host's own servers are part of the agent's surroundings`(
    failure: LookupFailure, code: String
  ) {
    let responseCode: ResponseCode? =
      switch failure {
      case .serverFailure: .serverFailure
      case .noSuchName: .noSuchName
      case .noData: .noError
      default: nil
      }
    let report = Self.report([], failure: failure, code: responseCode)
    let verdict = DNSJudgement.verdict(
      of: [.init(server: "x", report: report)], under: DNSQuestion(domain("x.example"), .a))
    #expect(verdict.code == code)
  }

  private static func zone(_ serials: UInt32?...) -> [DNSJudgement.Answer] {
    serials.enumerated().map { index, serial in
      .init(
        server: "ns\(index)",
        report: report(
          serial.map { [.soa("example", serial: $0)] } ?? [], .soa,
          failure: serial == nil ? .timeout : nil, code: serial == nil ? nil : .noError))
    }
  }

  @Test func `servers of a zone must agree about its serial`() {
    var question = DNSQuestion(
      domain("example"), .soa, servers: .these([.init("ns0"), .init("ns1")]))
    question.expectation.serialsAgree = true
    let good = DNSJudgement.verdict(of: Self.zone(7, 7), under: question)
    #expect(good.outcome == .up)
    #expect(good.facts.map(\.serial) == [7, 7])
    let bad = DNSJudgement.verdict(of: Self.zone(7, 8), under: question)
    #expect(bad.code == "assert.dns")
    #expect(
      bad.outcome.failure?.detail
        == "the name servers have different serials: 7 at ns0, 8 at ns1")
    question.expectation.serialsAgree = false
    #expect(DNSJudgement.verdict(of: Self.zone(7, 8), under: question).outcome == .up)
    let silent = DNSJudgement.verdict(of: Self.zone(7, nil), under: question)
    #expect(silent.code == "dns.timeout")
    #expect(silent.outcome.failure?.detail == "ns1: no name server answered in time")
  }

  @Test func `one server's failure counts before the agent's trouble with another`() {
    let own = DNSJudgement.Answer(
      server: "ns0", report: Self.report([], failure: .own(.other, "x"), code: nil))
    let question = DNSQuestion(
      domain("example"), .a, servers: .these([.init("ns0"), .init("ns1")]), asksEach: true)
    let good = DNSJudgement.Answer(server: "ns1", report: Self.report([Self.one]))
    #expect(DNSJudgement.verdict(of: [own, good], under: question).code == "agent.resolver")
    let silent = DNSJudgement.Answer(
      server: "ns1", report: Self.report([], failure: .timeout, code: nil))
    #expect(DNSJudgement.verdict(of: [own, silent], under: question).code == "dns.timeout")
  }

  @Test func `details and facts stay within their bounds, whatever is expected and found`() {
    let long = String(repeating: "é\u{202e}\u{0}", count: 500)
    let expectations: [DNSExpectation.Answers] = [
      .any([ExpectedAnswer](repeating: (try? ExpectedAnswer(long, .txt)), count: 9)),
      .all([ExpectedAnswer](repeating: (try? ExpectedAnswer(long, .txt)), count: 1)), .none,
      .exactly([]),
    ]
    let records = (0..<500).map { _ in
      ResourceRecord("x.example", .txt, .text([[UInt8](repeating: 0x1b, count: 255)]))
    }
    for answers in expectations {
      var question = DNSQuestion(domain("x.example"), .txt)
      question.expectation.answers = answers
      let verdict = DNSJudgement.verdict(
        of: [.init(server: long, report: Self.report(records, .txt))], under: question)
      let detail = verdict.outcome.failure?.detail ?? ""
      #expect(!detail.isEmpty && detail.utf8.count <= 255)
      #expect(!detail.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
      #expect(verdict.facts[0].answers.count == DNSFacts.listedAnswers)
      #expect(verdict.facts[0].answerCount == 500)
    }
  }

  /// Each failure, and what is told of it where a name had to be resolved for another check.
  static let failures: [(LookupFailure, String)] = [
    (.noSuchName, "dns.nxdomain"), (.noData, "dns.nodata"), (.serverFailure, "dns.servfail"),
    (.refused, "dns.refused"), (.code(.notImplemented), "dns.failed"), (.referral, "dns.failed"),
    (.timeout, "dns.timeout"), (.spoofed(1), "dns.timeout"),
    (.malformed(.pointer), "dns.malformed"),
    (.truncated("x"), "dns.truncated"), (.loop, "dns.loop"), (.unreachable("x"), "dns.failed"),
    (.unknownServer("x"), "dns.failed"), (.noListener, "dns.failed"), (.closed, "dns.failed"),
    (.badName("x is no name"), "dns.failed"), (.own(.descriptors, "x"), "agent.no_descriptors"),
    (.own(.memory, "x"), "agent.no_memory"), (.own(.other, "x"), "agent.resolver"),
    (.overload, "agent.overload"), (.noServer, "agent.resolver"),
    (.forbidden("x is forbidden"), "agent.address_refused"),
  ]

  @Test(arguments: failures)
  func `every failure of a lookup has a reason and a sentence`(
    failure: LookupFailure, code: String
  ) {
    #expect(failure.reason.code == code)
    #expect(failure.isOwn == code.hasPrefix("agent."))
    #expect("\(failure)".count > 10 && !"\(failure)".hasSuffix("."))
  }

  @Test func `a question without sense is refused with its reason`() {
    var question = DNSQuestion(domain("x.example"), .a, servers: .these([]))
    #expect(question.problem == "no name server is named")
    question.servers = .system
    #expect(question.problem == nil)
    question.expectation.serialsAgree = true
    #expect(question.problem?.contains("SOA") == true)
    question.type = .soa
    #expect(question.problem?.contains("between name servers") == true)
    question.servers = .zone(domain("x.example"))
    #expect(question.problem == nil)
    question.expectation.responseCodes = []
    #expect(question.problem == "no response code is allowed")
  }
}

extension [ExpectedAnswer] {
  init(repeating answer: ExpectedAnswer?, count: Int) {
    self = answer.map { Array(repeatElement($0, count: count)) } ?? []
  }
}
