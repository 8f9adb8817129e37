import DNS
import Glibc
import Linux
import Model
import Testing
import WireFuzzing

@testable import Resolving

/// Servers that misbehave, and ways that are closed.
@Suite(.serialized) struct ResolverTroubleTests {
  /// What a server does, and the reason that comes of it.
  static let hostile: [(String, ScriptedNameServer.Script, String?)] = [
    ("NXDOMAIN", { [.reply($0.reply(code: .noSuchName))] }, "nxdomain"),
    ("SERVFAIL", { [.reply($0.reply(code: .serverFailure))] }, "servfail"),
    ("REFUSED", { [.reply($0.reply(code: .refused))] }, "refused"),
    ("no records", { [.reply($0.reply())] }, "nodata"),
    ("silence", { _ in [] }, "timeout"),
    (
      "the wrong question",
      { asked in
        var reply = asked.reply([.a("\(asked.name)", "192.0.2.66")])
        reply.questions[0].name = domain("other.example")
        return [.reply(reply)]
      }, "spoofed"
    ),
    (
      "another id",
      { asked in
        var reply = asked.reply([.a("\(asked.name)", "192.0.2.66")])
        reply.id ^= 0x8000
        return [.reply(reply)]
      }, "spoofed"
    ),
    (
      "from elsewhere",
      { [.replyFromElsewhere($0.reply([.a("\($0.name)", "192.0.2.66")]).encoded())] },
      "spoofed"
    ),
    (
      "forgeries, and then the answer",
      { asked in
        let forged = asked.reply([.a("\(asked.name)", "192.0.2.66")])
        var other = forged
        other.id ^= 1
        return (0..<40).flatMap { _ in
          [.reply(other), .replyFromElsewhere(forged.encoded()), .reply([1, 2, 3])]
        }.prefix(60) + [.reply(asked.reply([.a("\(asked.name)", "192.0.2.1")]))]
      }, nil
    ),
    (
      "a flood", { _ in (0..<200).map { _ in .reply([UInt8](repeating: 0xff, count: 1_400)) } },
      "spoofed"
    ),
    (
      "an answer cut in its middle",
      {
        let reply = $0.reply([.a("\($0.name)", "192.0.2.1"), .a("\($0.name)", "192.0.2.2")])
        return [.reply(Array(reply.encoded().prefix(60)))]
      }, "malformed"
    ),
    (
      "an alias to itself", { [.reply($0.reply([.cname("\($0.name)", "\($0.name)")]))] }, "loop"
    ),
    (
      "aliases without end",
      { asked in
        let number = asked.name.labels.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        return [.reply(asked.reply([.cname("\(asked.name)", "\((number ?? 0) + 1).example")]))]
      }, "loop"
    ),
    (
      "others that should be asked",
      { [.reply($0.reply(authorities: [.ns("example", "ns.example")]))] }, "referral"
    ),
    (
      "no EDNS",
      { asked in
        guard asked.query.extended == nil else {
          return [
            .reply(DNSMessage(id: asked.query.id, flags: .response, responseCode: .formatError))
          ]
        }
        return [.reply(asked.reply([.a("\(asked.name)", "192.0.2.1")]))]
      }, nil
    ),
    (
      "TCP alone, in pieces",
      { asked in
        guard asked.transport == .tcp else { return [.reply(asked.reply(flags: .truncated))] }
        let reply = asked.reply([.a("\(asked.name)", "192.0.2.1")]).encoded()
        return [.write([0]), .write([UInt8(reply.count)])] + reply.map { .write([$0]) }
      }, nil
    ),
    (
      "TCP that closes",
      { $0.transport == .tcp ? [.close] : [.reply($0.reply(flags: .truncated))] },
      "truncated"
    ),
    (
      "TCP that is silent",
      { $0.transport == .tcp ? [] : [.reply($0.reply(flags: .truncated))] }, "truncated"
    ),
    (
      "TCP that lies about its length",
      {
        $0.transport == .tcp
          ? [.write([0xff, 0xff] + [UInt8](repeating: 0, count: 300)), .close]
          : [.reply($0.reply(flags: .truncated))]
      }, "truncated"
    ),
    (
      "TCP with rubbish before the answer",
      { asked in
        guard asked.transport == .tcp else { return [.reply(asked.reply(flags: .truncated))] }
        return [
          .write([0, 0, 0, 3, 1, 2, 3]), .reply(asked.reply([.a("\(asked.name)", "192.0.2.1")])),
        ]
      }, nil
    ),
  ]

  @Test(arguments: hostile.indices)
  func `whatever a server does, it costs a bounded time and has its reason`(index: Int) throws {
    let (what, script, code) = Self.hostile[index]
    let server = try ScriptedNameServer(script: script)
    defer { server.stop() }
    let rig = try ResolverRig(
      servers: [server.address], options: "options timeout:1 attempts:1 edns0")
    let resolution = try rig.resolve("0.example", .ipv4)
    #expect(resolution.failure?.kind == code, "\(what)")
    #expect(!resolution.addresses.contains(address("192.0.2.66")), "\(what)")
    if code == nil { #expect(resolution.addresses == [address("192.0.2.1")], "\(what)") }
    #expect(rig.resolver.statistics.sockets == 0)
    #expect(rig.resolver.statistics.inFlight == 0)
  }

  @Test func `a port where nothing listens is known at once`() throws {
    let server = try ScriptedNameServer { _ in [] }
    server.stop()
    let rig = try ResolverRig(servers: [server.address], options: "options timeout:30")
    #expect(try rig.resolve("shop.example", .ipv4).failure?.kind == "no_listener")
    var policy = LookupPolicy()
    policy.transport = .tcp
    policy.retryUs = 30_000_000
    let report = try rig.ask("shop.example", .a, of: [server.address], policy: policy)
    #expect(report.failure?.kind == "no_listener")
  }

  @Test func `where TCP is refused, a truncated answer is told as such`() throws {
    let server = try ScriptedNameServer(listensTCP: false) {
      [.reply($0.reply(flags: .truncated))]
    }
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address])
    let resolution = try rig.resolve("shop.example", .ipv4)
    #expect(resolution.failure?.kind == "truncated")
  }

  @Test func `what the kernel does not send is the way's fault or the agent's`() throws {
    let rig = try ResolverRig()
    // Nothing can be sent to port 0.
    var report = try rig.ask("shop.example", .a, of: [ServerAddress(address("127.0.0.1"), port: 0)])
    #expect(report.failure?.kind == "unreachable")
    // Nor may anybody call out to all hosts without asking to.
    let all = ServerAddress(address("255.255.255.255"))
    report = try rig.ask("shop.example", .a, of: [all])
    #expect(report.failure == .own(.other, "Permission denied"))
    #expect(report.failure?.kind == "own")
    #expect(rig.resolver.statistics.sockets == 0)
  }

  @Test func `the kernel's errors are sorted by whose they are`() {
    let scarcities: [(Int32, LookupFailure.Scarcity)] = [
      (EMFILE, .descriptors), (ENFILE, .descriptors), (ENOBUFS, .memory), (ENOMEM, .memory),
      (EADDRNOTAVAIL, .other), (EPERM, .other), (EACCES, .other),
    ]
    for (code, scarcity) in scarcities {
      #expect(AskingTrouble(errno: code) == .own(scarcity, SystemError.text(of: code)))
    }
    for code in [ENETUNREACH, EHOSTUNREACH, ENETDOWN, ETIMEDOUT, EINVAL] {
      #expect(AskingTrouble(errno: code) == .unreachable(SystemError.text(of: code)))
    }
    #expect(AskingTrouble(errno: ECONNREFUSED) == .refused)
    #expect(AskingTrouble(errno: ECONNRESET) == .closed)
  }
}
