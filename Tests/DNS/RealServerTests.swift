import DNS
import Model
import Testing

/// Against Knot DNS and Unbound, whose bytes we did not write.
@Suite(
  .serialized,
  .enabled(
    if: RealNameServers.missing == nil, Comment(rawValue: RealNameServers.missing ?? "")))
struct RealServerTests {
  private let servers: RealNameServers
  private let rig: ResolverRig

  init() throws {
    servers = try RealNameServers.shared.get()
    rig = try ResolverRig(servers: [servers.validator], options: "options edns0 trust-ad")
    try servers.waitUntilReady(rig)
  }

  /// The name, the type, and the texts of the answers in any order.
  static let rows: [(String, RecordType, [String])] = [
    ("www.signed.test", .a, ["192.0.2.10", "192.0.2.11"]),
    ("www.signed.test", .aaaa, ["2001:db8::10"]),
    ("alias.signed.test", .a, ["192.0.2.10", "192.0.2.11"]),
    ("one.signed.test", .aaaa, ["2001:db8::10"]),
    ("alias.signed.test", .cname, ["www.signed.test."]),
    ("signed.test", .ns, ["ns1.signed.test."]),
    ("signed.test", .mx, ["10 mail.signed.test."]),
    (
      "signed.test", .txt, [#""v=spf1 -all" "second; \"quoted\" \200""#]
    ),
    ("signed.test", .caa, ["0 issue \"ca.example\""]),
    ("_sip._tcp.signed.test", .srv, ["10 5 5060 www.signed.test."]),
    (
      "svc.signed.test", .https,
      ["1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.10 ipv6hint=2001:db8::10"]
    ),
    ("svc2.signed.test", .svcb, ["0 www.signed.test."]),
    ("_443._tcp.www.signed.test", .tlsa, ["3 1 1 \(String(repeating: "CD", count: 32))"]),
    ("www.signed.test", .sshfp, ["4 2 \(String(repeating: "12", count: 32))"]),
    (
      "naptr.signed.test", .naptr,
      ["100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.signed.test."]
    ),
    ("odd.signed.test", RecordType(rawValue: 65_280), ["\\# 4 0A000001"]),
    ("10.2.0.192.in-addr.signed.test", .ptr, ["www.signed.test."]),
  ]

  @Test(arguments: rows)
  func `each type is read as the server means it, from both servers and over both transports`(
    text: String, type: RecordType, answers: [String]
  ) throws {
    for server in [servers.authority, servers.validator] {
      for transport in [LookupTransport.udp, .tcp] {
        var policy = LookupPolicy()
        policy.transport = transport
        policy.wantsSignatures = true
        policy.wantsRecursion = server == servers.validator
        policy.usesCookies = true
        let report = try rig.ask(text, type, of: [server], policy: policy)
        #expect(report.failure == nil)
        #expect(report.records.map { "\($0.data)" }.sorted() == answers)
        #expect(report.transport == transport)
        #expect(report.ignored == 0)
        #expect(
          report.response?.flags.contains(.authoritative) == (server == servers.authority))
        // The signature that was asked for comes along, and is read.
        #expect(report.response?.answers.contains { $0.type == .rrsig } == true)
      }
    }
  }

  @Test func `a zone's keys and the proof that a name is not there are read`() throws {
    var policy = LookupPolicy()
    policy.wantsSignatures = true
    let keys = try rig.ask("signed.test", .dnskey, of: [servers.authority], policy: policy)
    #expect(keys.records.count == 1)
    #expect(keys.records.first.map { "\($0.data)".hasPrefix("257 3 13 ") } == true)
    let absent = try rig.ask("absent.signed.test", .a, of: [servers.authority], policy: policy)
    #expect(absent.failure == .noSuchName)
    let proof = absent.response?.authorities.filter { $0.type == .nsec } ?? []
    #expect(!proof.isEmpty)
    #expect(
      proof.allSatisfy { if case .nextSecure = $0.data { true } else { false } })
  }

  @Test func `with a case at random and a cookie, real servers answer as ever`() throws {
    var policy = LookupPolicy()
    policy.mixesCase = true
    policy.usesCookies = true
    for server in [servers.authority, servers.validator] {
      let report = try rig.ask("www.signed.test", .a, of: [server], policy: policy)
      #expect(report.failure == nil)
      #expect(report.records.count == 2)
    }
  }

  @Test func `an answer that is too large for a datagram comes over TCP`() throws {
    let report = try rig.ask("big.signed.test", .txt, of: [servers.authority])
    #expect(report.failure == nil)
    #expect(report.transport == .tcp)
    #expect(report.attempts.map(\.ending) == [.truncated, .answered(.noError)])
    guard case .text(let strings)? = report.records.first?.data else {
      Issue.record("no text")
      return
    }
    #expect(strings.count == 12)
  }

  /// The name, and the reason that comes of it at the server that speaks for the zone and at the one
  /// that asks it.
  static let failures: [(String, String?, String?)] = [
    ("absent.signed.test", "nxdomain", "nxdomain"),
    ("signed.test", "nodata", "nodata"),
    ("gone.signed.test", "nxdomain", "nxdomain"),
    ("loop1.signed.test", "loop", "servfail"),
    ("www.bogus.test", nil, "servfail"),
    ("www.elsewhere.example", "refused", nil),
  ]

  @Test(arguments: failures)
  func `failures have their reasons`(text: String, authority: String?, validator: String?) throws {
    var policy = LookupPolicy()
    policy.wantsRecursion = false
    let first = try rig.ask(text, .a, of: [servers.authority], policy: policy)
    #expect(first.failure?.kind == authority)
    guard !text.hasSuffix(".example") else { return }
    let second = try rig.ask(text, .a, of: [servers.validator])
    #expect(second.failure?.kind == validator)
    if text == "www.bogus.test" {
      #expect(
        second.response?.extended?.extendedErrors.first?.hasPrefix("9 DNSKEY Missing") == true)
    }
  }

  @Test func `names are resolved through the system's settings, aliases across zones included`()
    throws
  {
    let resolution = try rig.resolve("out.signed.test")
    #expect(resolution.addresses == [address("192.0.2.20")])
    #expect(resolution.canonicalName == domain("www.plain.test"))
    #expect(resolution.otherFailure == .noData)
    #expect((resolution.ttl ?? 99) <= 30)
    #expect(try rig.resolve("absent.signed.test").failure == .noSuchName)
    #expect(try rig.resolve("absent.signed.test").source == .cache)
  }

  @Test func `a check sees what is verified, and what is not`() throws {
    var question = DNSQuestion(domain("www.signed.test"), .a)
    question.expectation.needsAuthenticData = true
    question.expectation.answers = .all([try ExpectedAnswer("192.0.2.11", .a)])
    let good = try rig.check(question)
    #expect(good.outcome == .up)
    #expect(good.facts[0].isAuthenticData)
    question.name = domain("www.plain.test")
    question.expectation.answers = .some
    #expect(try rig.check(question).code == "assert.dns")
    question.name = domain("www.bogus.test")
    #expect(try rig.check(question).code == "dns.servfail")
    question.name = domain("absent.signed.test")
    question.expectation.responseCodes = [.noSuchName]
    #expect(try rig.check(question).outcome == .up)
  }

  @Test func `a check of the zone's own server wants authority, a serial and a time to live`()
    throws
  {
    var question = DNSQuestion(
      domain("signed.test"), .soa, servers: .these([.init(servers.authority)]),
      wantsRecursion: false)
    question.expectation.needsAuthority = true
    question.expectation.serialsAgree = true
    question.expectation.ttl = 60...300
    let verdict = try rig.check(question)
    #expect(verdict.outcome == .up)
    #expect((verdict.facts[0].serial ?? 0) >= 2_026_010_101)
    question.servers = .these([.init(servers.validator)])
    question.wantsRecursion = true
    #expect(try rig.check(question).code == "assert.dns")
  }
}
