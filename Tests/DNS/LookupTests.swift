import DNS
import Testing
import WireFuzzing

@Suite struct LookupTests {
  static let good = ResourceRecord.a("www.example.org", "192.0.2.1", ttl: 60)

  @Test func `an answer ends the lookup with its records`() throws {
    var rig = LookupRig()
    #expect(rig.sent[0].transport == .udp)
    #expect(rig.sent[0].query.flags == .recursionDesired)
    rig.nowUs += 700
    rig.hear(rig.reply(0, [Self.good], flags: .authenticData), on: 0)
    let report = try #require(rig.report)
    #expect(report.failure == nil)
    #expect(report.records == [Self.good])
    #expect(report.server == LookupRig.servers[0])
    #expect(report.transport == .udp)
    #expect(report.leastTTL == 60)
    #expect(report.tookUs == 700)
    #expect(report.response?.flags.contains(.authenticData) == true)
    #expect(
      report.attempts == [
        LookupAttempt(
          server: LookupRig.servers[0], transport: .udp, atUs: 0, tookUs: 700,
          ending: .answered(.noError))
      ])
    #expect(rig.lookup.wakeUs == nil)
    rig.hear(rig.reply(0, [Self.good]), on: 0)
    rig.breaks(0, .refused)
    rig.giveUp(.overload)
  }

  /// What is done to a good reply so that it answers nothing.
  enum Forgery: CaseIterable, Sendable {
    case otherID, otherName, otherType, otherClass, question, otherOperation, noQuestion,
      twoQuestions, otherSender, otherPort, empty, short, brokenQuestion, otherFamily
  }

  @Test(arguments: Forgery.allCases)
  func `what does not fit the question is ignored, and the answer is still heard`(
    forgery: Forgery
  ) throws {
    var rig = LookupRig()
    var reply = rig.reply(0, [.a("www.example.org", "203.0.113.66")])
    switch forgery {
    case .otherID: reply.id ^= 1
    case .otherName: reply.questions[0].name = domain("www.example.com")
    case .otherType: reply.questions[0].type = .aaaa
    case .otherClass: reply.questions[0].recordClass = 3
    case .question: reply.flags.remove(.response)
    case .otherOperation: reply.operation = 4
    case .noQuestion: reply.questions = []
    case .twoQuestions: reply.questions.append(reply.questions[0])
    case .otherSender, .otherPort, .empty, .short, .brokenQuestion, .otherFamily: break
    }
    switch forgery {
    case .otherSender: rig.hear(reply, on: 0, from: address("192.0.2.99"))
    case .otherFamily: rig.hear(reply, on: 0, from: address("::ffff:192.0.2.53"))
    case .otherPort: rig.hear(reply, on: 0, port: 5_353)
    case .empty: rig.hear([UInt8](), on: 0)
    case .short: rig.hear(Array(reply.encoded().prefix(11)), on: 0)
    case .brokenQuestion:
      rig.hear(Array(reply.encoded().prefix(12)) + bytes("c00c 0001 0001"), on: 0)
    default: rig.hear(reply, on: 0)
    }
    #expect(rig.report == nil)
    rig.hear(rig.reply(0, [Self.good]), on: 0)
    let report = try #require(rig.report)
    #expect(report.records == [Self.good])
    #expect(report.ignored == 1)
  }

  @Test func `where nothing but forgeries came, that is the reason`() throws {
    var rig = LookupRig()
    var reply = rig.reply(0, [Self.good])
    reply.id &+= 1
    rig.hear(reply, on: 0)
    rig.hear(reply, on: 0)
    rig.sleep()
    let report = try #require(rig.report)
    #expect(report.failure == .spoofed(2))
    #expect(report.failure?.kind == "spoofed")
  }

  @Test func `a flood ends the attempt, and the question goes out anew`() throws {
    var rig = LookupRig()
    for _ in 0..<64 { rig.hear([1, 2, 3], on: 0) }
    #expect(rig.sent.count == 2)
    #expect(rig.open == [1])
    rig.hear(rig.reply(0, [Self.good]), on: 0)
    #expect(rig.report == nil)
    for _ in 0..<64 { rig.hear([1, 2, 3], on: 1) }
    #expect(rig.report?.failure == .spoofed(128))
  }

  @Test func `names come back in any case, unless ours was a riddle`() throws {
    var rig = LookupRig()
    var reply = rig.reply(0, [Self.good])
    reply.questions[0].name = domain("WWW.example.ORG")
    rig.hear(reply, on: 0)
    #expect(rig.report?.records == [Self.good])

    var policy = LookupPolicy()
    policy.mixesCase = true
    rig = LookupRig(policy: policy)
    #expect(!rig.sent[0].query.questions[0].name.isIdentical(to: domain("www.example.org")))
    reply = rig.reply(0, [Self.good])
    reply.questions[0].name = domain("www.example.org")
    rig.hear(reply, on: 0)
    #expect(rig.report == nil)
    rig.hear(rig.reply(0, [Self.good]), on: 0)
    #expect(rig.report?.records == [Self.good])
  }

  @Test(
    arguments: [
      (.noSuchName, "nxdomain"), (.serverFailure, "servfail"), (.refused, "refused"),
      (ResponseCode(rawValue: 9), "rcode"), (ResponseCode(rawValue: 3_000), "rcode"),
      (.noError, "nodata"),
    ] as [(ResponseCode, String)])
  func `each response code has its reason`(code: ResponseCode, kind: String) throws {
    var rig = LookupRig()
    rig.hear(rig.reply(0, code: code), on: 0)
    let report = try #require(rig.report)
    #expect(report.failure?.kind == kind)
    #expect(report.response?.responseCode == code)
  }

  @Test func `a server that fails is followed by the next, at once`() throws {
    var rig = LookupRig(servers: 3)
    rig.hear(rig.reply(0, code: .serverFailure), on: 0)
    #expect(rig.sent[1].server == LookupRig.servers[1])
    rig.hear(rig.reply(1, code: .refused), on: 1)
    #expect(rig.sent[2].server == LookupRig.servers[2])
    rig.hear(rig.reply(2, [Self.good]), on: 2)
    #expect(rig.report?.records == [Self.good])
    #expect(rig.report?.attempts.count == 3)
  }

  @Test func `a name that does not exist is not asked for elsewhere`() throws {
    var rig = LookupRig(servers: 3)
    rig.hear(rig.reply(0, code: .noSuchName, authorities: [.soa("example.org")]), on: 0)
    #expect(rig.report?.failure == .noSuchName)
    #expect(rig.sent.count == 1)
  }

  @Test func `silence is followed by the next server, and the first is still heard`() throws {
    var rig = LookupRig(servers: 2)
    rig.wake()
    #expect(rig.nowUs == 5_001_000)
    #expect(rig.sent.map(\.server) == [LookupRig.servers[0], LookupRig.servers[1]])
    #expect(rig.open == [0, 1])
    #expect(rig.sent[0].query.id != rig.sent[1].query.id)
    rig.hear(rig.reply(0, [Self.good]), on: 0)
    let report = try #require(rig.report)
    #expect(report.server == LookupRig.servers[0])
    #expect(report.attempts.map(\.ending) == [.answered(.noError), .unanswered])
  }

  @Test func `the first server is the one that was said, and all are asked in turn`() {
    var rig = LookupRig(servers: 3, first: 1)
    rig.sleep()
    #expect(rig.report?.failure == .timeout)
    let order = rig.sent.map { server in LookupRig.servers.firstIndex(of: server.server) }
    #expect(order == [1, 2, 0, 1, 2, 0])
    #expect(rig.mostOpen == 3)
    // The last question is heard until the time is up.
    #expect(rig.nowUs == 1_000 + LookupRig.limitUs)
  }

  @Test func `a truncated answer is asked for again over TCP`() throws {
    var rig = LookupRig(servers: 2)
    // What stands behind the question is cut anywhere.
    let reply = rig.reply(0, [Self.good, Self.good], flags: .truncated).encoded()
    rig.hear(Array(reply.prefix(reply.count - 13)), on: 0)
    #expect(rig.sent[1].transport == .tcp)
    #expect(rig.sent[1].server == LookupRig.servers[0])
    rig.hear(rig.reply(1, [Self.good]), on: 1)
    let report = try #require(rig.report)
    #expect(report.transport == .tcp)
    #expect(report.attempts.map(\.ending) == [.truncated, .answered(.noError)])
  }

  @Test(
    arguments: [
      (.refused, "nothing listens"), (.closed, "closed the connection"),
      (.unreachable("No route to host"), "No route to host"),
    ] as [(AskingTrouble, String)])
  func `where TCP does not work either, the reason says both`(
    trouble: AskingTrouble, words: String
  ) throws {
    var rig = LookupRig()
    rig.hear(rig.reply(0, flags: .truncated), on: 0)
    rig.breaks(1, trouble)
    let failure = try #require(rig.report?.failure)
    #expect(failure.kind == "truncated")
    #expect("\(failure)".contains(words))
  }

  @Test func `truncated over TCP, or silent there, is truncated`() {
    var rig = LookupRig()
    rig.hear(rig.reply(0, flags: .truncated), on: 0)
    rig.hear(rig.reply(1, flags: .truncated), on: 1)
    #expect(rig.report?.failure?.kind == "truncated")
    rig = LookupRig()
    rig.hear(rig.reply(0, flags: .truncated), on: 0)
    rig.sleep()
    #expect(rig.report?.failure == .truncated("there was no answer in time"))
  }

  @Test(arguments: [ResponseCode.formatError, .notImplemented, .badVersion], [true, false])
  func `a server that does not know EDNS is asked without it, once`(
    code: ResponseCode, repeatsQuestion: Bool
  ) throws {
    guard code != .badVersion || repeatsQuestion else { return }
    var rig = LookupRig()
    #expect(rig.sent[0].query.extended != nil)
    var reply = rig.reply(0, code: code)
    if !repeatsQuestion {
      reply.questions = []
      reply.extended = nil
    }
    rig.hear(reply, on: 0)
    #expect(rig.sent.count == 2)
    #expect(rig.sent[1].query.extended == nil)
    if code != .badVersion {
      rig.hear(rig.reply(1, code: code), on: 1)
      #expect(rig.report?.failure == .code(code))
    }
  }

  @Test func `cookies come back, or the answer is not ours`() throws {
    var policy = LookupPolicy()
    policy.usesCookies = true
    var rig = LookupRig(policy: policy)
    let cookie = try #require(rig.sent[0].query.extended?.cookie)
    #expect(cookie.server.isEmpty)
    let other = ExtendedDNS(options: [.cookie(client: cookie.client ^ 1, server: [])])
    rig.hear(rig.reply(0, [Self.good], extended: other), on: 0)
    #expect(rig.report == nil)
    let server = [UInt8](repeating: 7, count: 8)
    let ours = ExtendedDNS(options: [.cookie(client: cookie.client, server: server)])
    rig.hear(rig.reply(0, code: .badCookie, extended: ours), on: 0)
    let again = try #require(rig.sent.last?.query.extended?.cookie)
    #expect(again.client == cookie.client)
    #expect(again.server == server)
    // It wants another one still: then TCP says who we are.
    rig.hear(rig.reply(1, code: .badCookie, extended: ours), on: 1)
    #expect(rig.sent.last?.transport == .tcp)
    rig.hear(rig.reply(2, code: .badCookie, extended: ours), on: 2)
    #expect(rig.report?.failure == .code(.badCookie))
    #expect(rig.report?.ignored == 1)
  }

  @Test func `a server without cookies is believed as ever`() {
    var policy = LookupPolicy()
    policy.usesCookies = true
    var rig = LookupRig(policy: policy)
    rig.hear(rig.reply(0, [Self.good], extended: ExtendedDNS()), on: 0)
    #expect(rig.report?.records == [Self.good])
  }

  @Test func `an answer that can't be read is the server's failure`() {
    var rig = LookupRig(servers: 2)
    let broken = ResourceRecord("www.example.org", .a, .unknown([1, 2, 3]))
    rig.hear(rig.reply(0, [broken]), on: 0)
    #expect(rig.sent.last?.server == LookupRig.servers[1])
    rig.hear(rig.reply(1, [broken]), on: 1)
    #expect(rig.report?.failure == .malformed(.data(.a)))
  }

  @Test func `a referral is no answer`() {
    var rig = LookupRig()
    rig.hear(rig.reply(0, authorities: [.ns("org", "ns.example.org")]), on: 0)
    #expect(rig.report?.failure == .referral)
  }

  /// What befalls three servers, in turn, and the reason that is told.
  static let mixtures: [([AskingTrouble?], String)] = [
    ([.refused, .refused, .refused], "no_listener"),
    ([.unreachable("x"), .unreachable("x"), .unreachable("x")], "unreachable"),
    ([.unreachable("x"), .refused, .unreachable("x")], "no_listener"),
    ([.own(.descriptors, "Too many open files"), nil, .refused], "own"),
    ([nil, .refused, .refused], "no_listener"),
    ([nil, nil, nil], "timeout"), ([nil, .unreachable("x"), nil], "timeout"),
    ([.closed, .unreachable("x"), .unreachable("x")], "closed"),
  ]

  @Test(arguments: mixtures)
  func `of several servers' reasons the one that says most is told`(
    troubles: [AskingTrouble?], code: String
  ) {
    var rig = LookupRig(servers: 3)
    for (index, trouble) in troubles.enumerated() {
      if let trouble { rig.breaks(index, trouble) } else { rig.wake() }
    }
    if rig.report == nil { rig.sleep() }
    #expect(rig.report?.failure?.kind == code)
  }

  @Test func `a server's word is told before the agent's own trouble`() {
    var rig = LookupRig(servers: 2)
    rig.breaks(0, .own(.descriptors, "Too many open files"))
    rig.hear(rig.reply(1, code: .serverFailure), on: 1)
    #expect(rig.report?.failure == .serverFailure)
  }

  @Test func `without a server, without time, and given up`() {
    var rig = LookupRig(servers: 0)
    #expect(rig.report?.failure?.kind == "no_server")
    #expect(rig.report?.failure?.isOwn == true)
    var generator = SeededGenerator(seed: 1)
    var late = Lookup(domain("a"), .a, servers: LookupRig.servers, deadlineUs: 5)
    #expect(late.wakeUs == 5)
    guard case .finish(let report)? = late.begin(nowUs: 5, using: &generator).first else {
      Issue.record("it began after its time")
      return
    }
    #expect(report.failure == .timeout)
    #expect(report.attempts.isEmpty)
    rig = LookupRig()
    rig.giveUp(.overload)
    #expect(rig.report?.failure == .overload)
    #expect(rig.report?.attempts.count == 1)
  }

  @Test func `how the question is put follows the policy`() {
    var policy = LookupPolicy()
    policy.transport = .tcp
    policy.wantsRecursion = false
    policy.wantsAuthenticData = true
    policy.disablesChecking = true
    policy.wantsSignatures = true
    let rig = LookupRig("example.org", .dnskey, policy: policy)
    #expect(rig.sent[0].transport == .tcp)
    #expect(rig.sent[0].query.flags == [.authenticData, .checkingDisabled])
    #expect(rig.sent[0].query.extended?.wantsSignatures == true)
    #expect(rig.sent[0].query.questions == [.init(name: domain("example.org"), type: .dnskey)])
    policy.usesExtended = false
    #expect(LookupRig(policy: policy).sent[0].query.extended == nil)
  }
}
