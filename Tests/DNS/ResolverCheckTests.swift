import DNS
import Model
import Testing

@testable import Resolving

@Suite(.serialized) struct ResolverCheckTests {
  /// A name server of zone `example` with a serial of its own.
  private static func zone(_ serial: UInt32) -> ScriptedNameServer.Script {
    { asked in
      let flags: MessageFlags = .authoritative
      switch asked.type {
      case .soa: return [.reply(asked.reply([.soa("example", serial: serial)], flags: flags))]
      case .ns:
        return [
          .reply(
            asked.reply(
              [.ns("example", "ns1.example"), .ns("example", "ns2.example")], flags: flags))
        ]
      default: return [.reply(asked.reply([.a("\(asked.name)", "192.0.2.1")], flags: flags))]
      }
    }
  }

  @Test func `servers by address and by name are asked, and must agree`() throws {
    let first = try ScriptedNameServer(script: Self.zone(7))
    let second = try ScriptedNameServer(
      at: "127.0.0.2", port: first.address.port, script: Self.zone(8))
    defer {
      first.stop()
      second.stop()
    }
    let rig = try ResolverRig(
      servers: [first.address], hosts: "127.0.0.1 ns1.example\n127.0.0.2 ns2.example\n")
    let port = first.address.port
    var question = DNSQuestion(
      domain("example"), .soa,
      servers: .these([.init("127.0.0.1", port: port), .init("ns2.example", port: port)]))
    question.wantsRecursion = false
    question.expectation.needsAuthority = true
    #expect(try rig.check(question).outcome == .up)
    question.expectation.serialsAgree = true
    let verdict = try rig.check(question)
    #expect(verdict.code == "assert.dns")
    #expect(verdict.facts.map(\.serial) == [7, 8])
    #expect(verdict.facts.allSatisfy { $0.isAuthoritative })
    #expect(verdict.facts[1].answeredBy == "127.0.0.2:\(port)")
    // Of servers that stand for each other one is asked.
    #expect(second.asked.count == 1)
    #expect(first.asked.last?.query.flags == [])
    #expect(first.asked.last?.query.extended?.cookie != nil)
  }

  @Test func `the system's servers are asked over the transport that is wanted`() throws {
    let server = try ScriptedNameServer(script: Self.zone(7))
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address])
    var question = DNSQuestion(domain("x.example"), .a, transport: .tcp)
    question.expectation.answers = .exactly([try ExpectedAnswer("192.0.2.1", .a)])
    let verdict = try rig.check(question) { _ in "no server may be asked" }
    #expect(verdict.outcome == .up)
    #expect(verdict.facts[0].transport == .tcp)
    #expect(verdict.facts[0].answers == ["192.0.2.1"])
    #expect(server.asked.map(\.transport) == [.tcp])
  }

  @Test func `a zone's servers are found by its NS records`() throws {
    let server = try ScriptedNameServer(script: Self.zone(7))
    defer { server.stop() }
    let rig = try ResolverRig(
      servers: [server.address], hosts: "192.0.2.53 ns1.example\n192.0.2.54 ns2.example\n")
    var question = DNSQuestion(domain("example"), .soa, servers: .zone(domain("example")))
    question.expectation.serialsAgree = true
    // These would be asked at port 53; that they may not be is enough to see that they were found.
    let verdict = try rig.check(question) { "not \($0)" }
    #expect(verdict.code == "agent.address_refused")
    #expect(verdict.facts.map(\.server) == ["ns1.example.", "ns2.example."])
    #expect(server.asked.map(\.type) == [.ns])
  }

  @Test func `a check ends by its limit, whatever the servers of its servers do`() throws {
    let silent = try ScriptedNameServer { _ in [] }
    defer { silent.stop() }
    let rig = try ResolverRig(servers: [silent.address])
    let questions = [
      DNSQuestion(domain("x.example"), .a),
      DNSQuestion(domain("x.example"), .a, servers: .zone(domain("example"))),
      DNSQuestion(
        domain("x.example"), .a, servers: .these([.init("ns.example"), .init(silent.address)]),
        asksEach: true),
    ]
    for (question, code) in zip(questions, ["dns.timeout", "dns.timeout", "dns.failed"]) {
      let verdict = try rig.check(question, limitMs: 200)
      #expect(verdict.code == code)
    }
    #expect(rig.resolver.statistics.sockets == 0)
  }
}
