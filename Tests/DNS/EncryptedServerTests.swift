import AgentCore
import DNS
import Model
import Probing
import Resolving
import Testing

/// Checks over TLS and HTTPS against Unbound, which has HTTP/2 alone for the latter.
@Suite(
  .enabled(
    if: RealNameServers.missing == nil, Comment(rawValue: RealNameServers.missing ?? "")))
struct EncryptedServerTests {
  private let servers: RealNameServers
  private let rig: ResolverRig

  init() throws {
    servers = try RealNameServers.shared.get()
    rig = try ResolverRig(
      servers: [servers.validator],
      hosts: "127.0.0.1 dns.example other.example\n169.254.169.254 metadata.example\n")
    try servers.waitUntilReady(rig)
  }

  /// A check of the validator by one of its names, believing its authority.
  private func check(
    _ transport: DNSCheck.Transport, _ host: String = "dns.example", path: String? = nil,
    port: UInt16? = nil
  ) throws -> DNSCheck {
    let usual =
      transport == .tls ? servers.encryptedPorts.tls : servers.encryptedPorts.https
    var text = "\(host):\(port ?? usual)"
    if let path { text = "https://\(text)\(path)" }
    var check = DNSCheck(name: "www.signed.test", type: "A")
    check.transport = transport
    check.servers = .these([text])
    check.tls.authorities = try servers.certificateAuthority()
    check.answers = .exactly(["192.0.2.10", "192.0.2.11"])
    check.needsAuthenticData = true
    return check
  }

  private func probe(
    _ check: DNSCheck, _ change: (inout ProberConfiguration) -> Void = { _ in }
  ) async throws -> (record: ProbeRecord, evidence: String) {
    let (record, evidence) = try await ProbeTray.probe(.dns(check)) {
      $0.resolver.configurationPath = rig.folder + "/resolv.conf"
      $0.resolver.hostsPath = rig.folder + "/hosts"
      $0.resolver.port = servers.validator.port
      change(&$0)
    }
    return (record, String(decoding: evidence.attempts, as: UTF8.self))
  }

  private static let good: [(DNSCheck.Transport, String, String?)] = [
    (.tls, "dns.example", nil), (.tls, "dns.example.", nil), (.tls, "127.0.0.1", nil),
    (.https, "dns.example", nil), (.https, "dns.example.", nil), (.https, "127.0.0.1", nil),
    (.https, "dns.example", "/dns-query"), (.https, "127.0.0.1", "/"),
  ]

  @Test(arguments: good)
  func `a verified answer comes from a server that proves its name or address`(
    _ transport: DNSCheck.Transport, _ host: String, _ path: String?
  ) async throws {
    let found = try await probe(try check(transport, host, path: path))
    #expect(found.record.outcome == .up, "\(found.record.outcome)")
    #expect(found.record.address == .ipv4(0x7f00_0001))
  }

  @Test(arguments: [DNSCheck.Transport.tls, .https])
  func `a long answer and an alias come as well, and a code is judged`(
    _ transport: DNSCheck.Transport
  ) async throws {
    var long = try check(transport)
    long.name = "big.signed.test"
    long.type = "TXT"
    long.answers = .some
    #expect(try await probe(long).record.outcome == .up)
    var alias = try check(transport)
    alias.name = "one.signed.test"
    #expect(try await probe(alias).record.outcome == .up)
    var absent = try check(transport)
    absent.name = "absent.signed.test"
    let found = try await probe(absent)
    #expect(found.record.outcome.failure?.reason == .dnsNoSuchName)
    let word = transport == .tls ? "over TLS" : "over HTTPS"
    #expect(found.evidence.contains(word), "\(found.evidence)")
  }

  /// What is changed of a check.
  enum Change: Sendable {
    case nothing, believesOthers, asksByName, believesAnybody
  }

  private static let bad: [(host: String, change: Change, reason: Reason?)] = [
    ("other.example", .nothing, .tlsNameMismatch),
    ("dns.example", .believesOthers, .tlsUnknownIssuer),
    ("other.example", .asksByName, nil),
    ("other.example", .believesAnybody, nil),
    ("metadata.example", .nothing, .agentAddressRefused),
  ]

  @Test(arguments: [DNSCheck.Transport.tls, .https], bad)
  func `who does not prove the name, or not to whom the check believes, is not asked`(
    _ transport: DNSCheck.Transport, _ row: (host: String, change: Change, reason: Reason?)
  ) async throws {
    var check = try check(transport, row.host)
    switch row.change {
    case .nothing: break
    case .believesOthers: check.tls.authorities = nil
    case .asksByName: check.tls.serverName = "dns.example"
    case .believesAnybody:
      check.tls.authorities = nil
      check.tls.verifies = false
    }
    let found = try await probe(check)
    #expect(found.record.outcome.failure?.reason == row.reason, "\(found.record.outcome)")
  }

  @Test func `what does not answer as a server over HTTPS must is told`() async throws {
    let lost = try await probe(try check(.https, path: "/nowhere"))
    #expect(lost.record.outcome.failure?.reason == .httpStatus, "\(lost.record.outcome)")
  }

  @Test(arguments: [DNSCheck.Transport.tls, .https])
  func `a port at which nobody listens refuses`(_ transport: DNSCheck.Transport) async throws {
    let nobody = try ScriptedNameServer { _ in [] }
    nobody.stop()
    let none = try await probe(try check(transport, port: nobody.address.port))
    #expect(none.record.outcome.failure?.reason == .tcpRefused, "\(none.record.outcome)")
  }

  @Test(arguments: [DNSCheck.Transport.tls, .https])
  func `a server on this host is asked only where loopback is allowed`(
    _ transport: DNSCheck.Transport
  ) async throws {
    let found = try await probe(try check(transport)) { $0.allowsLoopback = false }
    #expect(
      found.record.outcome.failure?.reason == .agentAddressRefused, "\(found.record.outcome)")
  }

  @Test func `several servers are asked each, one that is bad decides`() async throws {
    var both = try check(.tls)
    both.asksEach = true
    let port = servers.encryptedPorts.tls
    both.servers = .these(["dns.example:\(port)", "127.0.0.1:\(port)"])
    #expect(try await probe(both).record.outcome == .up)
    both.servers = .these(["dns.example:\(port)", "other.example:\(port)"])
    #expect(try await probe(both).record.outcome.failure?.reason == .tlsNameMismatch)
    both.asksEach = false
    #expect(try await probe(both).record.outcome == .up)
  }
}
