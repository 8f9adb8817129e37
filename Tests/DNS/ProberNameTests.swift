import AgentCore
import DNS
import Linux
import Model
import Probing
import Resolving
import Testing

/// What a prober makes of names, and of dns checks, over a name server that does as it is told.
struct ProberNameTests {
  /// A prober whose host has one name server, and what it found of a check.
  func probe(
    _ check: Check, timeoutMs: UInt32 = 5_000, hosts: String = "",
    script: @escaping ScriptedNameServer.Script
  ) async throws -> (record: ProbeRecord, evidence: ProbeEvidence, asked: Int) {
    let server = try ScriptedNameServer(script: script)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address], hosts: hosts)
    let (record, evidence) = try await ProbeTray.probe(check, timeoutMs: timeoutMs) {
      $0.resolver.configurationPath = rig.folder + "/resolv.conf"
      $0.resolver.hostsPath = rig.folder + "/hosts"
      $0.resolver.port = server.address.port
    }
    withExtendedLifetime(rig) {}
    return (record, evidence, server.asked.count)
  }

  func http(_ url: String) -> Check { .http(HTTPCheck(url: url)) }

  private static let failures: [(ResponseCode, Reason)] = [
    (.noSuchName, .dnsNoSuchName), (.serverFailure, .dnsServerFailure), (.refused, .dnsRefused),
    (.noError, .dnsNoData), (.notImplemented, .dnsFailed),
  ]

  @Test(arguments: failures)
  func `what a name server says is the reason`(_ code: ResponseCode, _ reason: Reason) async throws
  {
    let found = try await probe(http("http://shop.example/")) { [.reply($0.reply(code: code))] }
    let failure = try #require(found.record.outcome.failure)
    #expect(failure.reason == reason)
    #expect(failure.failureClass == .dns)
    #expect(found.record.phases == nil)
    let resolver = String(decoding: found.evidence.resolver, as: UTF8.self)
    #expect(resolver.hasPrefix("shop.example. A"), "\(resolver)")
    #expect(resolver.contains("  127.0.0.1:"), "\(resolver)")
    #expect(found.evidence.attempts.isEmpty)
  }

  @Test func `a silent name server is a timeout of the name, in the check's own time`() async throws
  {
    let found = try await probe(http("http://shop.example/"), timeoutMs: 700) { _ in [] }
    #expect(found.record.outcome.failure?.reason == .dnsTimeout)
    // Who was asked is told where nobody answered, too.
    let resolver = String(decoding: found.evidence.resolver, as: UTF8.self)
    #expect(resolver.contains("shop.example. A:") && resolver.contains("ms: no answer\n"))
    #expect((7_000..<60_000).contains(found.record.total))
  }

  @Test func `the address of a name is asked, once a probe, and its lookup has its time`()
    async throws
  {
    let port = try RefusingListener()
    let found = try await probe(http("http://shop.example:\(port.number)/")) { asked in
      guard asked.type == .a else { return [.reply(asked.reply())] }
      return [
        .reply(
          asked.reply([ResourceRecord.a("\(asked.name)", "127.0.0.1")]))
      ]
    }
    #expect(found.record.outcome.failure?.reason == .tcpRefused)
    #expect(found.record.address == .ipv4(0x7f00_0001))
    #expect(found.asked == 2)
    let resolver = String(decoding: found.evidence.resolver, as: UTF8.self)
    #expect(resolver.hasPrefix("shop.example. A, ttl "), "\(resolver)")
    #expect(resolver.contains(": 127.0.0.1\n  127.0.0.1:"), "\(resolver)")
    #expect(resolver.contains("ms: NOERROR\nshop.example. AAAA"), "\(resolver)")
  }

  /// Where the name has an address of one family alone, and a server that listens there.
  @Test(arguments: [true, false])
  func `over both families, a name without addresses of one has failed over that one`(
    _ listens: Bool
  ) async throws {
    let refusing = try RefusingListener()
    let listening = try ScriptedNameServer { _ in [] }
    defer { listening.stop() }
    let port = listens ? listening.address.port : refusing.number
    for kind in [
      Check.http(HTTPCheck(url: "http://shop.example:\(port)/")),
      .tcp(TCPCheck(host: "shop.example", port: port)),
    ] where !listens || kind.kind == .tcp {
      let found = try await probe(kind.over(.both)) { asked in
        guard asked.type == .a else { return [.reply(asked.reply())] }
        return [.reply(asked.reply([ResourceRecord.a("\(asked.name)", "127.0.0.1")]))]
      }
      let failure = try #require(found.record.outcome.failure)
      let missing = "over IPv6: the name has no record of the type that was asked for"
      #expect(failure.reason == (listens ? .dnsNoData : .tcpRefused))
      #expect(
        failure.detail
          == (listens ? missing : "over IPv4: the connection was refused; \(missing)"))
      #expect(found.asked == 2)
      let lines = String(decoding: found.evidence.attempts, as: UTF8.self).split(separator: "\n")
      let first = listens ? "up; dns " : "tcp.refused; total "
      #expect(lines.first?.hasPrefix("over ipv4 127.0.0.1 \(port): \(first)") == true, "\(lines)")
      #expect(lines.dropFirst().first?.hasPrefix("over ipv6: dns.nodata; total ") == true)
    }
  }

  @Test func `over both families, a name that is not there is told once`() async throws {
    let found = try await probe(http("http://shop.example/").over(.both)) {
      [.reply($0.reply(code: .noSuchName))]
    }
    let failure = try #require(found.record.outcome.failure)
    #expect(failure.reason == .dnsNoSuchName)
    #expect(failure.detail == "over IPv4 and IPv6: the name does not exist (NXDOMAIN)")
  }

  @Test func `an address that may not be asked is judged after the name was resolved`() async throws
  {
    let found = try await probe(http("http://metadata.example/")) { asked in
      guard asked.type == .a else { return [.reply(asked.reply())] }
      return [
        .reply(
          asked.reply([ResourceRecord.a("\(asked.name)", "169.254.169.254")]))
      ]
    }
    #expect(found.record.outcome.failure?.reason == .agentAddressRefused)
  }

  @Test(arguments: ["shop.example.", "SHOP.Example"])
  func `libcurl goes to what was found, however the name is written`(_ host: String) async throws {
    let port = try RefusingListener()
    let found = try await probe(http("http://\(host):\(port.number)/")) { asked in
      guard asked.type == .a else { return [.reply(asked.reply())] }
      return [
        .reply(
          asked.reply([ResourceRecord.a("\(asked.name)", "127.0.0.1")]))
      ]
    }
    #expect(found.record.outcome.failure?.reason == .tcpRefused)
    #expect(found.asked == 2)
  }

  @Test func `a dns check is judged by what comes`() async throws {
    var check = DNSCheck(name: "shop.example", type: "A")
    check.answers = .any(["192.0.2.7"])
    check.conditions = ["[DNS_RCODE] == NOERROR", "[DNS_TTL] > 10", "[BODY] == pat(*192.0.2.7*)"]
    let script: ScriptedNameServer.Script = { asked in
      [
        .reply(
          asked.reply([ResourceRecord.a("\(asked.name)", "192.0.2.7")]))
      ]
    }
    let good = try await probe(.dns(check), script: script)
    #expect(good.record.outcome == .up, "\(good.record.outcome)")
    #expect(good.record.address == .ipv4(0x7f00_0001))
    check.answers = .exactly(["192.0.2.8"])
    let bad = try await probe(.dns(check), script: script)
    #expect(bad.record.outcome.failure?.reason == .assertDNS, "\(bad.record.outcome)")
    #expect(String(decoding: bad.evidence.bodyExcerpt, as: UTF8.self).contains("192.0.2.7"))
    check.answers = .some
    check.conditions = ["[DNS_AD] == true"]
    let unmet = try await probe(.dns(check), script: script)
    #expect(unmet.record.outcome.failure?.reason == .assertDNS, "\(unmet.record.outcome)")
    let gone = try await probe(.dns(check)) { [.reply($0.reply(code: .noSuchName))] }
    #expect(gone.record.outcome.failure?.reason == .dnsNoSuchName, "\(gone.record.outcome)")
  }

  @Test func `a name server on this host is asked only where loopback is allowed`() async throws {
    var check = DNSCheck(name: "shop.example", type: "A")
    check.servers = .these(["169.254.169.254"])
    let found = try await probe(.dns(check)) { [.reply($0.reply())] }
    #expect(found.record.outcome.failure?.reason == .agentAddressRefused)
    #expect(found.asked == 0)
  }
}

/// A port of this host at which nobody listens.
private struct RefusingListener {
  let number: UInt16

  init() throws {
    let server = try ScriptedNameServer { _ in [] }
    number = server.address.port
    server.stop()
  }
}
