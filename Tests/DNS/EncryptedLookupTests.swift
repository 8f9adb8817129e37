import DNS
import Model
import Testing
import WireFuzzing

/// What of a lookup and a check differs where servers prove who they are.
struct EncryptedLookupTests {
  private static func rig(_ transport: LookupTransport, servers: Int = 1) -> LookupRig {
    var policy = LookupPolicy()
    policy.transport = transport
    policy.tries = 1
    return LookupRig(servers: servers, policy: policy)
  }

  @Test(arguments: [LookupTransport.tls, .https])
  func `a question is carried, and its answer is told with how it came`(
    _ transport: LookupTransport
  ) throws {
    var rig = Self.rig(transport)
    #expect(rig.sent.map(\.transport) == [transport])
    #expect(transport != .https || rig.sent[0].query.id == 0)
    rig.bring(rig.reply(0, [.a("www.example.org", "192.0.2.1")]).encoded(), for: 0)
    let report = try #require(rig.report)
    #expect(report.failure == nil && report.transport == transport)
    #expect(report.attempts.map(\.ending) == [.answered(.noError)])
  }

  @Test func `what answers another question, or can't be read, is the server's own failure`() {
    var stray = Self.rig(.tls, servers: 2)
    var other = stray.reply(0, [.a("www.example.org", "192.0.2.1")])
    other.id ^= 1
    stray.bring(other.encoded(), for: 0)
    #expect(stray.report == nil && stray.sent.count == 2)
    stray.bring([1, 2, 3], for: 1)
    #expect(stray.report?.failure == .malformed(.cut) || stray.report?.failure == .stray)
    #expect(stray.report?.failure?.reason == .dnsMalformed)
    #expect(stray.report?.ignored == 0)
  }

  @Test func `an answer that is truncated where there is room is not asked for over TCP`() {
    var rig = Self.rig(.https)
    rig.bring(rig.reply(0, flags: .truncated).encoded(), for: 0)
    #expect(rig.report?.failure?.reason == .dnsTruncated)
    #expect(rig.sent.count == 1)
  }

  private static let troubles: [(Reason, Bool)] = [
    (.tlsNameMismatch, false), (.tcpRefused, false), (.httpStatus, false),
    (.agentAuthorities, true),
  ]

  @Test(arguments: troubles)
  func `trouble on the way has its own reason, and the next server is asked`(
    _ reason: Reason, _ isOwn: Bool
  ) {
    let failure = Failure(reason, detail: "why")
    var rig = Self.rig(.tls, servers: 2)
    rig.breaks(0, .channel(failure))
    #expect(rig.sent.count == 2)
    rig.breaks(1, .channel(Failure(.netUnreachable, detail: "no way")))
    #expect(rig.report?.failure == .channel(failure))
    #expect(rig.report?.failure?.reason == reason)
    #expect(rig.report?.failure?.isOwn == isOwn)
    #expect(rig.report?.failure.map { "\($0)" } == "why")
  }

  @Test func `a check gives each address the name that it must prove, and sends no cookie`() {
    let question = DNSQuestion(
      domain("x.example"), .a,
      servers: .these([.init("dns.example", port: 443, path: "/q"), .init("192.0.2.53", port: 99)]),
      transport: .https)
    #expect(!question.policy.usesCookies)
    var run = DNSCheckRun(question)
    #expect(run.begin(system: []) == [.resolve(0, host: "dns.example")])
    let found = Resolution(addresses: [address("192.0.2.1")], source: .cache)
    #expect(
      run.resolved(0, found) == [
        .ask(
          0,
          [
            ServerAddress(
              address("192.0.2.1"), port: 443, identity: .init(host: "dns.example", path: "/q")),
            ServerAddress(
              address("192.0.2.53"), port: 99, identity: .init(host: "192.0.2.53")),
          ])
      ])
  }

  /// The transport, what a person wrote, and host, port and path; `nil` where that names no server.
  private static let texts: [(LookupTransport, String, (String, UInt16, String)?)] = [
    (.udp, "ns.example", ("ns.example", 53, "/dns-query")),
    (.udp, "https://ns.example/", nil),
    (.tls, "dns.example", ("dns.example", 853, "/dns-query")),
    (.tls, "dns.example:8853", ("dns.example", 8_853, "/dns-query")),
    (.tls, "2001:db8::53", ("2001:db8::53", 853, "/dns-query")),
    (.tls, "[2001:db8::53]:99", ("2001:db8::53", 99, "/dns-query")),
    (.tls, "https://dns.example/", nil),
    (.tls, "a/b", nil),
    (.tls, "user@dns.example", nil),
    (.tls, "dns.example:0", nil),
    (.tls, "dns.example:65536", nil),
    (.tls, "", nil),
    (.https, "dns.example", ("dns.example", 443, "/dns-query")),
    (.https, "https://dns.example", ("dns.example", 443, "/dns-query")),
    (.https, "https://dns.example/", ("dns.example", 443, "/dns-query")),
    (.https, "https://dns.example:8443/a/b?c=d", ("dns.example", 8_443, "/a/b?c=d")),
    (.https, "https://[2001:db8::53]/q", ("2001:db8::53", 443, "/q")),
    (.https, "https://192.0.2.53:9/q", ("192.0.2.53", 9, "/q")),
    (.https, "http://dns.example/", nil),
    (.https, "https:///q", nil),
    (.https, "https://user@dns.example/q", nil),
    (.https, "https://dns.example?q", nil),
    (.https, "https://dns.example/q#f", nil),
    (.https, "https://dns.example/a b", nil),
    (.https, "https://dns.example/\r\nX: y", nil),
    (.https, "https://dns.example/dns-query{?dns}", nil),
    (.https, "dns.example\\@other", nil),
  ]

  @Test(arguments: texts)
  func `a server's text says whom to ask, and nothing else`(
    _ transport: LookupTransport, _ text: String, _ wanted: (String, UInt16, String)?
  ) {
    let found = DNSQuestion.NameServer(text: text, over: transport)
    #expect(
      found == wanted.map { DNSQuestion.NameServer($0.0, port: $0.1, path: $0.2) }, "\(text)")
  }
}
