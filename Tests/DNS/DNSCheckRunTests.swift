import DNS
import Model
import Testing

@Suite struct DNSCheckRunTests {
  private static let good = LookupReport(
    name: domain("x.example"), type: .a, records: [.a("x.example", "192.0.2.1")],
    response: DNSMessage(id: 1, flags: .response))

  private static func question(
    _ servers: DNSQuestion.Servers, asksEach: Bool = false
  ) -> DNSQuestion {
    DNSQuestion(domain("x.example"), .a, servers: servers, asksEach: asksEach)
  }

  private static func verdict(_ steps: [DNSCheckRun.Step]) -> DNSVerdict? {
    guard case .finish(let verdict)? = steps.last else { return nil }
    return verdict
  }

  private static func server(_ text: String, _ port: UInt16 = 53) -> ServerAddress {
    ServerAddress(address(text), port: port)
  }

  @Test func `the system's servers are asked as they are, whatever is forbidden`() {
    var run = DNSCheckRun(Self.question(.system)) { _ in "forbidden" }
    let system = [Self.server("127.0.0.53")]
    #expect(run.begin(system: system) == [.ask(0, system)])
    #expect(Self.verdict(run.answered(0, Self.good))?.outcome == .up)
  }

  @Test func `several servers stand for each other in one lookup, once their names are known`() {
    var run = DNSCheckRun(
      Self.question(.these([.init("192.0.2.53"), .init("ns.example", port: 5_353)])))
    #expect(run.begin(system: []) == [.resolve(1, host: "ns.example")])
    let resolution = Resolution(
      addresses: [address("2001:db8::53"), address("192.0.2.54")], source: .servers)
    let all = [
      Self.server("192.0.2.53"), Self.server("2001:db8::53", 5_353),
      Self.server("192.0.2.54", 5_353),
    ]
    #expect(run.resolved(1, resolution) == [.ask(0, all)])
    let verdict = Self.verdict(run.answered(0, Self.good))
    #expect(verdict?.outcome == .up)
    #expect(verdict?.facts.map(\.server) == ["192.0.2.53, ns.example, port 5353"])
  }

  @Test func `servers that count each are asked each, and all must be good`() {
    var run = DNSCheckRun(
      Self.question(.these([.init("192.0.2.53"), .init("ns.example")]), asksEach: true))
    #expect(
      run.begin(system: []) == [
        .resolve(1, host: "ns.example"), .ask(0, [Self.server("192.0.2.53")]),
      ])
    #expect(run.answered(0, Self.good) == [])
    #expect(
      run.resolved(1, Resolution(addresses: [address("192.0.2.54")], source: .cache)) == [
        .ask(1, [Self.server("192.0.2.54")])
      ])
    var bad = Self.good
    bad.records = []
    bad.failure = .timeout
    bad.response = nil
    let verdict = Self.verdict(run.answered(1, bad))
    #expect(verdict?.code == "dns.timeout")
    #expect(verdict?.facts.count == 2)
    #expect(run.answered(1, bad) == [])
  }

  @Test(
    arguments: [
      (.noSuchName, "dns.failed"), (.timeout, "dns.failed"),
      (.overload, "agent.overload"),
    ] as [(LookupFailure, String)])
  func `a server whose name does not resolve can't be asked`(
    failure: LookupFailure, code: String
  ) {
    for asksEach in [true, false] {
      var run = DNSCheckRun(
        Self.question(.these([.init("ns.example")]), asksEach: asksEach))
      _ = run.begin(system: [])
      let verdict = Self.verdict(run.resolved(0, Resolution(source: .servers, failure: failure)))
      #expect(verdict?.code == code)
    }
  }

  @Test func `an address that may not be asked is not, and the agent says so`() {
    let refusal: @Sendable (IPAddress) -> String? = { $0.isLoopback ? "a loopback address" : nil }
    var run = DNSCheckRun(Self.question(.these([.init("127.0.0.1")])), refusal: refusal)
    let verdict = Self.verdict(run.begin(system: []))
    #expect(verdict?.code == "agent.address_refused")
    #expect(
      verdict?.outcome.failure?.detail
        == "the agent does not ask 127.0.0.1: a loopback address")
    // A name that resolves to one such address and to another is asked at the other.
    run = DNSCheckRun(Self.question(.these([.init("ns.example")])), refusal: refusal)
    _ = run.begin(system: [])
    let both = Resolution(
      addresses: [address("::1"), address("192.0.2.53")], source: .servers)
    #expect(run.resolved(0, both) == [.ask(0, [Self.server("192.0.2.53")])])
  }

  @Test func `a zone's own servers are found first`() {
    var run = DNSCheckRun(Self.question(.zone(domain("example"))))
    #expect(run.begin(system: []) == [.findServers(domain("example"))])
    let servers = LookupReport(
      name: domain("example"), type: .ns,
      records: [.ns("example", "ns2.example"), .ns("example", "ns1.example")])
    #expect(
      run.found(servers) == [
        .resolve(0, host: "ns1.example."), .resolve(1, host: "ns2.example."),
      ])
    #expect(run.found(servers) == [])
  }

  @Test func `a zone without servers is no good answer, even where none was expected`() {
    var question = Self.question(.zone(domain("example")))
    question.expectation.answers = .none
    var run = DNSCheckRun(question)
    _ = run.begin(system: [])
    let nothing = LookupReport(
      name: domain("example"), type: .ns, failure: .noData,
      response: DNSMessage(id: 1, flags: .response))
    let verdict = Self.verdict(run.found(nothing))
    #expect(verdict?.code == "dns.nodata")
  }
}
