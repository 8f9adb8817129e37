import DNS
import Glibc
import Linux
import Model
import Testing

@testable import Resolving

@Suite(.serialized) struct ResolverTests {
  /// Answers every question for addresses.
  static let addresses: ScriptedNameServer.Script = { asked in
    let name = "\(asked.name)"
    switch asked.type {
    case .a: return [.reply(asked.reply([.a(name, "192.0.2.1"), .a(name, "192.0.2.2")]))]
    case .aaaa: return [.reply(asked.reply([.aaaa(name, "2001:db8::1")]))]
    default: return [.reply(asked.reply(code: .notImplemented))]
    }
  }

  @Test func `a name is resolved in both families, and kept for its time`() throws {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address])
    let first = try rig.resolve("shop.example")
    #expect(
      Set(first.addresses) == [
        address("192.0.2.1"), address("192.0.2.2"), address("2001:db8::1"),
      ])
    #expect(first.source == .servers)
    #expect(first.failure == nil)
    #expect(first.attempts.count == 2)
    let second = try rig.resolve("SHOP.example.")
    #expect(second.source == .cache)
    #expect(second.addresses == first.addresses)
    #expect(second.attempts == [])
    #expect(try rig.resolve("shop.example", .ipv6).addresses == [address("2001:db8::1")])
    #expect(server.asked.count == 2)
    #expect(Set(server.asked.map(\.port)).count == 2)
    #expect(rig.resolver.statistics.sockets == 0)
  }

  @Test func `without a cache every name is asked for`() throws {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address]) { $0.cache = .off }
    for _ in 0..<3 { _ = try rig.resolve("shop.example", .ipv4) }
    #expect(server.asked.count == 3)
    #expect(rig.resolver.statistics.kept == 0)
  }

  @Test func `a resolv conf that is a link is followed, and what can't be read changes nothing`()
    throws
  {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address]) { $0.cache = .off }
    let path = rig.folder + "/resolv.conf"
    try Files.rename(path, to: path + ".real")
    #expect(symlink("resolv.conf.real", path) == 0)
    #expect(try rig.resolve("shop.example", .ipv4).failure == nil)
    // A folder in its place opens and does not read.
    try Files.remove(path)
    try Files.makeFolder(path)
    let end = rig.clock.nowMicroseconds() + 1_500_000
    try rig.poll {
      let resolution = try rig.resolve("shop.example", .ipv4)
      #expect(resolution.failure == nil)
      return rig.clock.nowMicroseconds() > end
    }
    try Files.removeFolder(path)
    try Files.remove(path + ".real")
  }

  @Test func `equal questions at the same time are asked once, and each asker is told`() throws {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address]) { $0.cache = .off }
    var tokens = (0..<50).map { _ in
      rig.resolver.resolve("shop.example", family: .any, limitUs: 20_000_000)
    }
    tokens.append(rig.resolver.resolve("Shop.Example", family: .ipv4, limitUs: 20_000_000))
    let gone = tokens.remove(at: 7)
    rig.resolver.cancel(gone)
    try rig.run { tokens.allSatisfy { rig.results[$0] != nil } }
    #expect(rig.results[gone] == nil)
    #expect(server.asked.count == 2)
  }

  @Test func `what is at hand is not asked for`() throws {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(
      servers: [server.address], hosts: "192.0.2.77 web.example\n::1 web.example\n")
    let rows: [(String, AddressFamily, [String], Resolution.Source, String?)] = [
      ("192.0.2.9", .any, ["192.0.2.9"], .literal, nil), ("::1", .ipv6, ["::1"], .literal, nil),
      ("::1", .ipv4, [], .literal, "nodata"),
      ("Web.example", .ipv4, ["192.0.2.77"], .hostsFile, nil),
      ("localhost", .ipv4, ["127.0.0.1"], .localhost, nil),
      ("a.LocalHost.", .ipv6, ["::1"], .localhost, nil),
      ("", .any, [], .literal, "bad_name"), (".", .any, [], .literal, "bad_name"),
      ("127.1", .any, [], .literal, "bad_name"),
      ("1.2.3.256", .any, [], .literal, "bad_name"),
      ("bücher.example", .any, [], .literal, "bad_name"),
      ("a b", .any, [], .literal, "bad_name"),
    ]
    for (host, family, addresses, source, code) in rows {
      let resolution = try rig.resolve(host, family)
      #expect(resolution.addresses.map { "\($0)" } == addresses, "\(host)")
      #expect(resolution.source == source, "\(host)")
      #expect(resolution.failure?.kind == code, "\(host)")
    }
    #expect(server.asked.isEmpty)
  }

  @Test func `a change of the files is seen within a second or so`() throws {
    let first = try ScriptedNameServer(script: Self.addresses)
    let second = try ScriptedNameServer(at: "127.0.0.2", port: first.address.port) { asked in
      [.reply(asked.reply([.a("\(asked.name)", "192.0.2.99")]))]
    }
    defer {
      first.stop()
      second.stop()
    }
    let rig = try ResolverRig(servers: [first.address])
    #expect(try rig.resolve("shop.example", .ipv4).addresses.first == address("192.0.2.1"))
    try rig.write(servers: [second.address])
    try Files.overwrite(rig.folder + "/hosts", with: Array("192.0.2.55 web.example".utf8))
    // The cache goes with the old servers.
    try rig.poll {
      try rig.resolve("shop.example", .ipv4).addresses == [address("192.0.2.99")]
    }
    #expect(try rig.resolve("web.example").addresses == [address("192.0.2.55")])
    try Files.remove(rig.folder + "/hosts")
    try rig.poll { try rig.resolve("web.example", .ipv4).source == .servers }
  }

  @Test func `a dead server is followed by a live one`() throws {
    let dead = try ScriptedNameServer { _ in [] }
    let live = try ScriptedNameServer(
      at: "127.0.0.2", port: dead.address.port, script: Self.addresses)
    defer {
      dead.stop()
      live.stop()
    }
    let rig = try ResolverRig(
      servers: [dead.address, live.address], options: "options timeout:1")
    let resolution = try rig.resolve("shop.example", .ipv4)
    #expect(resolution.failure == nil)
    #expect(resolution.attempts.map(\.server) == [dead.address, live.address])
  }

  @Test func `a family that no server answers for does not hold up the other`() throws {
    let server = try ScriptedNameServer { asked in
      asked.type == .a ? [.reply(asked.reply([.a("\(asked.name)", "192.0.2.1")]))] : []
    }
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address], options: "options timeout:30")
    let resolution = try rig.resolve("shop.example")
    #expect(resolution.addresses == [address("192.0.2.1")])
    #expect(resolution.otherFailure == .timeout)
    #expect(rig.resolver.statistics.inFlight == 0)
  }

  @Test func `each asker's own limit ends its waiting, and not the others'`() throws {
    let server = try ScriptedNameServer { _ in [] }
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address], options: "options timeout:2 attempts:1")
    let patient = rig.resolver.resolve("shop.example", family: .ipv4, limitUs: 20_000_000)
    let hasty = rig.resolver.resolve("shop.example", family: .ipv4, limitUs: 50_000)
    try rig.run { rig.results.count == 2 }
    #expect(rig.order == [hasty, patient])
    for token in [hasty, patient] {
      guard case .resolved(let resolution)? = rig.results[token] else { continue }
      #expect(resolution.failure == .timeout)
    }
    #expect(server.asked.count == 1)
  }

  @Test func `what finds no room waits, and is the agent's own trouble if that lasts`() throws {
    let silent = try ScriptedNameServer { _ in [] }
    let quick = try ScriptedNameServer(script: Self.addresses)
    defer {
      silent.stop()
      quick.stop()
    }
    let rig = try ResolverRig { $0.mostLookups = 8 }
    var policy = LookupPolicy()
    policy.retryUs = 30_000_000
    let stuck = (0..<6).map { number in
      rig.resolver.ask(
        domain("n\(number).example"), .a, of: [silent.address], policy: policy, limitUs: 400_000)
    }
    #expect(rig.resolver.statistics.inFlight == 4)
    #expect(rig.resolver.statistics.waiting == 2)
    // Half of the room is left to another server, whatever waits for the silent one.
    for number in 0..<20 {
      let report = try rig.ask("n\(number).example", .a, of: [quick.address])
      #expect(report.failure == nil)
    }
    #expect(stuck.allSatisfy { rig.results[$0] == nil })
    try rig.run { stuck.allSatisfy { rig.results[$0] != nil } }
    let codes = stuck.compactMap { token -> String? in
      guard case .answered(let report)? = rig.results[token] else { return nil }
      return report.failure?.kind
    }
    #expect(
      codes.sorted() == [String](repeating: "overload", count: 2)
        + [String](repeating: "timeout", count: 4))
  }

  @Test func `one that waited longer for room than it asked says nothing of its server`() throws {
    let silent = try ScriptedNameServer { _ in [] }
    defer { silent.stop() }
    let rig = try ResolverRig { $0.mostLookups = 2 }
    var policy = LookupPolicy()
    policy.retryUs = 30_000_000
    let first = rig.resolver.ask(
      domain("first.example"), .a, of: [silent.address], policy: policy, limitUs: 400_000)
    let second = rig.resolver.ask(
      domain("second.example"), .a, of: [silent.address], policy: policy, limitUs: 500_000)
    try rig.run { rig.results[first] != nil && rig.results[second] != nil }
    let failures = [first, second].map { token -> LookupFailure? in
      guard case .answered(let report)? = rig.results[token] else { return nil }
      return report.failure
    }
    #expect(failures == [.timeout, .overload])
  }

  @Test func `thousands of names at once are all answered`() throws {
    let server = try ScriptedNameServer(script: Self.addresses)
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address]) { $0.mostLookups = 64 }
    let tokens = (0..<3_000).map { number in
      rig.resolver.resolve("n\(number).example", family: .ipv4, limitUs: 60_000_000)
    }
    #expect(rig.resolver.statistics.inFlight == 32)
    try rig.run { tokens.allSatisfy { rig.results[$0] != nil } }
    let good = tokens.count { token in
      guard case .resolved(let resolution)? = rig.results[token] else { return false }
      return resolution.failure == nil
    }
    #expect(good == 3_000)
    #expect(rig.resolver.statistics.inFlight == 0)
    #expect(rig.resolver.statistics.sockets == 0)
    #expect(rig.resolver.statistics.kept == 3_000)
  }

  @Test func `one that is cancelled leaves nothing behind`() throws {
    let server = try ScriptedNameServer { _ in [] }
    defer { server.stop() }
    let rig = try ResolverRig(servers: [server.address])
    let tokens = [
      rig.resolver.resolve("shop.example", family: .any, limitUs: 20_000_000),
      rig.resolver.ask(
        domain("a.example"), .a, of: [server.address], policy: LookupPolicy(),
        limitUs: 20_000_000),
      rig.resolver.check(
        DNSQuestion(domain("b.example"), .a, servers: .these([.init("ns.example")])),
        limitUs: 20_000_000),
      rig.resolver.resolve("192.0.2.1", family: .any, limitUs: 20_000_000),
    ]
    #expect(rig.resolver.statistics.sockets == 5)
    for token in tokens { rig.resolver.cancel(token) }
    #expect(rig.resolver.statistics.sockets == 0)
    #expect(rig.resolver.statistics.inFlight == 0)
    rig.resolver.turn()
    #expect(rig.results.isEmpty)
  }

  @Test func `the delegate may ask and cancel while it is told`() throws {
    let rig = try ResolverRig(hosts: "192.0.2.1 web.example")
    let first = rig.resolver.resolve("web.example", family: .any, limitUs: 1_000_000)
    let second = rig.resolver.resolve("192.0.2.9", family: .any, limitUs: 1_000_000)
    var third: Resolver.Token?
    rig.onResult = { [unowned rig] token in
      guard token == first else { return }
      rig.resolver.cancel(second)
      third = rig.resolver.resolve("192.0.2.8", family: .any, limitUs: 1_000_000)
    }
    rig.resolver.turn()
    #expect(rig.order == [first])
    #expect(rig.resolver.nextWakeUs == 0)
    rig.resolver.turn()
    #expect(rig.order == [first, third])
    #expect(rig.resolver.nextWakeUs == nil)
  }

  @Test func `several addresses of a host come in their order`() throws {
    let rig = try ResolverRig(hosts: "127.0.0.1 both.example\n::1 both.example\n")
    let resolution = try rig.resolve("both.example")
    #expect(Set(resolution.addresses) == [address("127.0.0.1"), address("::1")])
    let v6 = SourceAddress.of(address("::1")) != nil
    #expect(resolution.addresses.first == address(v6 ? "::1" : "127.0.0.1"))
  }
}
