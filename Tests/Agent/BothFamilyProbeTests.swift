import AgentCore
import Glibc
import Linux
import Model
import Probing
import Resolving
import Synchronization
import Testing

/// Servers on both loopback addresses at one port, under one name in a hosts file of their own.
private final class Twins {
  static let isPossible: Bool = {
    let probe = try? HostileServer(isIPv6: true) { _ in [.close] }
    probe?.stop()
    return probe != nil
  }()

  static let name = "twin.example"

  let ipv4: HostileServer
  /// `nil` where nothing listens.
  let ipv6: HostileServer?
  /// Keeps the port where nothing listens.
  private let silent: HeldPort?
  private let scratch: ScratchFolder
  var port: UInt16 { ipv4.port }

  init(_ ipv4: [HostileServer.Step], _ ipv6: [HostileServer.Step]?) throws {
    var found: (HostileServer, HostileServer?, HeldPort?)?
    // A port that is free on one address may be taken on the other.
    for _ in 0..<20 where found == nil {
      let first = try HostileServer { head in head.isEmpty ? nil : ipv4 }
      let port = first.port
      if let ipv6 {
        let second = try? HostileServer(isIPv6: true, port: port) { head in
          head.isEmpty ? nil : ipv6
        }
        if let second { found = (first, second, nil) } else { first.stop() }
      } else if let held = HeldPort(port) {
        found = (first, nil, held)
      } else {
        first.stop()
      }
    }
    (self.ipv4, self.ipv6, silent) = try #require(found)
    scratch = try ScratchFolder()
    try Files.replace(
      scratch.path + "/hosts",
      with: Array(
        "127.0.0.1 \(Self.name) half.example\n::1 \(Self.name)\nfe80::1 half.example\n".utf8))
  }

  func prober(_ change: (inout ProberConfiguration) -> Void = { _ in }) throws -> TestProber {
    try TestProber {
      $0.allowsLoopback = true
      $0.keepsAllEvidence = true
      $0.resolver.hostsPath = scratch.path + "/hosts"
      change(&$0)
    }
  }

  var http: HTTPCheck {
    var check = HTTPCheck(url: "http://\(Self.name):\(port)/")
    check.family = .both
    return check
  }

  var tcp: TCPCheck {
    var check = TCPCheck(host: Self.name, port: port)
    check.family = .both
    return check
  }

  func stop() {
    ipv4.stop()
    ipv6?.stop()
  }
}

/// A port of ::1 that is taken and where nobody listens.
private final class HeldPort {
  private let holder: Int32

  init?(_ port: UInt16) {
    holder = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    address.sin6_port = port.bigEndian
    let holder = holder
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(holder, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
      }
    }
    guard isBound else { return nil }
  }

  deinit { close(holder) }
}

/// Checks that ask their target over IPv4 and over IPv6, against real servers on both.
@Suite(.enabled(if: Twins.isPossible, "this machine has no ::1"))
struct BothFamilyProbeTests {
  @Test func `the way of the half that decides is traced`() async throws {
    let twins = try Twins([.send(plainAnswer), .close], [.hold])
    let test = try twins.prober()
    var check = HTTPCheck(url: "http://\(Twins.name):\(twins.port)/")
    check.family = .both
    let record = await test.probe(.http(check), timeoutMs: 500)
    #expect(record.outcome.failure?.failureClass == .timeout, "\(record.outcome)")
    let notes = await test.notebook.wait { $0.traces.contains { $0.record == record } }
    test.prober.stop()
    twins.stop()
    let trace = try #require(notes.traces.last?.trace)
    #expect(trace.hasPrefix("tcp ::1 \(twins.port)\n1  ::1  "), "\(trace)")
  }

  private static let good: [HostileServer.Step] = [.send(plainAnswer), .close]
  private static let bad: [HostileServer.Step] = [
    .send("HTTP/1.1 500 Oh no\r\nContent-Length: 4\r\n\r\noops"), .close,
  ]

  /// The lines of what was tried in the probe of a record.
  private func lines(_ test: TestProber, _ record: ProbeRecord) -> [Substring] {
    let found = test.notebook.now.evidence.last { $0.record == record }
    return String(decoding: found?.evidence.attempts ?? [], as: UTF8.self).split(separator: "\n")
  }

  @Test func `a target that is well over both is up, by the slower of the two`() async throws {
    let twins = try Twins(Self.good, [.pause(ms: 60)] + Self.good)
    let test = try twins.prober()
    for check in [Check.http(twins.http), .tcp(twins.tcp)] {
      let record = await test.probe(check)
      #expect(record.outcome == .up)
      #expect(record.phases != nil)
      let lines = lines(test, record)
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("over ipv4 127.0.0.1 \(twins.port): up; dns ") == true)
      #expect(lines.last?.hasPrefix("over ipv6 ::1 \(twins.port): up; dns ") == true)
      let ends = lines.map { String($0.split(separator: " total ").last ?? "") }
      #expect(ends.contains("\(record.total / 10).\(record.total % 10) ms"))
      guard check.kind == .http else { continue }
      #expect(record.address == .ipv6(high: 0, low: 1))
      #expect(record.total >= 600)
    }
    test.prober.stop()
    twins.stop()
    // One probe, told to each server by one name.
    let heads = [twins.ipv4.heads, try #require(twins.ipv6).heads].map { heads in
      heads.flatMap { $0.split(separator: "\r\n") }.filter { $0.hasPrefix("Upblit-Probe: ") }
    }
    #expect(heads[0].count == 1 && heads[0] == heads[1])
    #expect(test.notebook.now.records.count == 2 && test.notebook.now.mostRunning == 1)
    #expect(test.prober.statistics.finishedProbes == 2)
  }

  @Test func `a refusal over IPv6 alone is a failure, and says so`() async throws {
    let twins = try Twins(Self.good, nil)
    let test = try twins.prober()
    for check in [Check.http(twins.http), .tcp(twins.tcp)] {
      let record = await test.probe(check)
      let failure = try #require(record.outcome.failure)
      #expect(failure.reason == .tcpRefused)
      #expect(failure.detail == "over IPv6: the connection was refused")
      #expect(record.address == .ipv6(high: 0, low: 1))
      let lines = lines(test, record)
      #expect(lines.count == 3)
      #expect(lines.first?.hasPrefix("over ipv4 127.0.0.1 \(twins.port): up; dns ") == true)
      #expect(lines[1].hasPrefix("over ipv6 ::1 \(twins.port): tcp.refused; total "))
      #expect(lines[2] == "connect ipv6 ::1 \(twins.port): Connection refused")
    }
    // Where any address will do, the target is up.
    var check = twins.tcp
    check.family = .any
    #expect(await test.probe(.tcp(check)).outcome == .up)
    test.prober.stop()
    twins.stop()
  }

  @Test func `each half is judged with all that the check demands`() async throws {
    let twins = try Twins(Self.bad, Self.good)
    let test = try twins.prober()
    let record = await test.probe(.http(twins.http))
    #expect(record.outcome.failure?.reason == .httpStatus)
    #expect(record.outcome.failure?.detail.hasPrefix("over IPv4: status 500, where ") == true)
    #expect(record.status == 500 && record.address == .ipv4(0x7f00_0001))
    let found = try #require(test.notebook.now.evidence.last { $0.record == record }?.evidence)
    #expect(String(decoding: found.bodyExcerpt, as: UTF8.self) == "oops")
    #expect(String(decoding: found.address, as: UTF8.self) == "ipv4 127.0.0.1 \(twins.port)")
    var check = twins.http
    check.statusRanges = [200...599]
    check.conditions = ["degraded: [BODY] == oops"]
    let degraded = await test.probe(.http(check))
    guard case .degraded(let failure) = degraded.outcome else {
      Issue.record("not degraded: \(degraded.outcome)")
      return
    }
    #expect(failure?.detail.hasPrefix("over IPv6: ") == true)
    #expect(degraded.status == 200)
    test.prober.stop()
    twins.stop()
  }

  @Test func `every kind that connects is asked over both`() async throws {
    let port = try RefusingPort()
    let twins = try Twins(Self.good, nil)
    let test = try twins.prober()
    let checks: [(Check, Reason)] = [
      (.http(HTTPCheck(url: "http://\(Twins.name):\(port.number)/")), .tcpRefused),
      (.tcp(TCPCheck(host: Twins.name, port: port.number)), .tcpRefused),
      (.tls(TLSCheck(host: Twins.name, port: port.number)), .tcpRefused),
      (.grpc(GRPCCheck(host: Twins.name, port: port.number)), .tcpRefused),
      (.websocket(WebSocketCheck(url: "ws://\(Twins.name):\(port.number)/")), .tcpRefused),
      (.udp(UDPCheck(host: Twins.name, port: port.number, payload: [1])), .udpRefused),
    ]
    for (check, reason) in checks {
      let record = await test.probe(check.over(.both))
      let failure = try #require(record.outcome.failure, "\(check.kind)")
      #expect(failure.reason == reason, "\(check.kind)")
      #expect(failure.detail.hasPrefix("over IPv4 and IPv6: "), "\(check.kind): \(failure.detail)")
      let lines = lines(test, record)
      #expect(lines.first?.hasPrefix("over ipv4 127.0.0.1 \(port.number): \(reason.code)") == true)
      #expect(lines.dropFirst().first?.hasPrefix("over ipv6 ::1 \(port.number): ") == true)
    }
    // Not every system lets this process send echoes.
    let echoes = await test.probe(Check.icmp(ICMPCheck(host: Twins.name)).over(.both))
    if let failure = echoes.outcome.failure {
      #expect(failure.reason == .agentNotAllowed)
      #expect(failure.detail.hasPrefix("over IPv4 and IPv6: "))
    }
    let two = lines(test, echoes)
    #expect(two.first?.hasPrefix("over ipv4") == true)
    #expect(two.dropFirst().first?.hasPrefix("over ipv6") == true)
    test.prober.stop()
    twins.stop()
  }

  @Test func `the agent's own trouble with one half leaves the other's failure standing`()
    async throws
  {
    let twins = try Twins(Self.good, nil)
    let refusing = try RefusingPort()
    let test = try twins.prober()
    for (port, reason, words) in [
      (twins.port, Reason.agentAddressRefused, "over IPv6: the agent does not connect to fe80::1"),
      (refusing.number, .tcpRefused, "over IPv4: the connection was refused"),
    ] {
      for check in [
        Check.http(HTTPCheck(url: "http://half.example:\(port)/")),
        .tcp(TCPCheck(host: "half.example", port: port)),
      ] {
        let record = await test.probe(check.over(.both))
        #expect(record.outcome.failure?.reason == reason)
        #expect(record.outcome.failure?.detail.hasPrefix(words) == true)
      }
    }
    test.prober.stop()
    twins.stop()
  }

  @Test func `a target that is written as an address has none of the other family`() async throws {
    let twins = try Twins(Self.good, nil)
    let test = try twins.prober()
    for check in [
      Check.http(HTTPCheck(url: "http://127.0.0.1:\(twins.port)/")),
      .tcp(TCPCheck(host: "127.0.0.1", port: twins.port)),
    ] {
      let failure = try #require(await test.probe(check.over(.both)).outcome.failure)
      #expect(failure.reason == .dnsNoData && failure.detail.hasPrefix("over IPv6: "))
    }
    test.prober.stop()
    twins.stop()
  }

  @Test func `a deadline that cuts both halves short says nothing about the target`() async throws {
    let twins = try Twins([.hold], [.hold])
    let test = try twins.prober()
    let record = await test.probe(.http(twins.http), timeoutMs: 60_000, deadlineMs: 300)
    #expect(record.outcome.failure?.reason == .agentDeadline)
    #expect(record.outcome.failure?.detail.hasPrefix("over IPv4 and IPv6: ") == true)
    test.prober.stop()
    twins.stop()
  }

  @Test func `each half takes one place of those that connect, and both one of the requests`()
    async throws
  {
    let twins = try Twins([.pause(ms: 20)] + Self.good, [.pause(ms: 20)] + Self.good)
    for room in [1, 3] {
      let test = try twins.prober { $0.maximumConcurrentProbes = room }
      for slot in 1...20 as ClosedRange<UInt64> {
        test.prober.probeNow(
          .random(), target: TestProber.target(slot, .http(twins.http), timeoutMs: 60_000),
          deadlineMs: 60_000)
      }
      let notes = await test.notebook.wait { $0.records.count == 20 }
      #expect(notes.records.allSatisfy { $0.outcome == .up })
      #expect(notes.records.allSatisfy { $0.request != nil })
      #expect(Set(notes.records.map(\.slot)).count == 20)
      #expect(notes.running.isEmpty)
      test.prober.stop()
      #expect(test.prober.statistics.inFlight == 0)
      #expect(test.prober.statistics.finishedProbes == 20)
    }
    twins.stop()
    #expect(twins.ipv4.heads.count == 40 && twins.ipv6?.heads.count == 40)
  }

  @Test func `a scheduled target makes one record a turn, changes, and ends after its last probe`()
    async throws
  {
    let twins = try Twins([.pause(ms: 150)] + Self.good, Self.good)
    let test = try twins.prober()
    test.prober.assign([TestProber.target(5, .http(twins.http))])
    _ = await test.notebook.wait { $0.records.count >= 2 && !$0.running.isEmpty }
    #expect(test.prober.statistics.inFlight <= 1)
    // Beside it, and with its idle handles where it has any.
    for _ in 0..<2 {
      let request = ProbeRequestID.random()
      test.prober.probeNow(
        request, target: TestProber.target(5, .http(twins.http)), deadlineMs: 60_000)
      let notes = await test.notebook.wait { $0.records.contains { $0.request == request } }
      #expect(notes.records.last { $0.request == request }?.outcome == .up)
    }
    // To one family and back while a probe is out.
    var single = twins.http
    single.family = .ipv4
    for check in [single, twins.http] {
      _ = await test.notebook.wait { !$0.running.isEmpty }
      let before = test.notebook.now.records.count
      test.prober.assign([TestProber.target(5, .http(check))])
      _ = await test.notebook.wait { $0.records.count >= before + 3 }
    }
    _ = await test.notebook.wait { !$0.running.isEmpty }
    test.prober.assign([])
    let notes = await test.notebook.wait { $0.running.isEmpty }
    #expect(notes.records.allSatisfy { $0.outcome == .up })
    #expect(Set(notes.records.map(\.startedAtMs)).count == notes.records.count)
    #expect(notes.mostRunning <= 2)
    test.prober.stop()
    #expect(test.prober.statistics.assigned == 0 && test.prober.statistics.inFlight == 0)
    #expect(test.prober.statistics.failingTargets == 0)
    twins.stop()
  }
}

/// What an agent tells whose host has no way to the addresses of a family.
@Suite(
  .enabled(
    if: EmptyNetwork.isPossible, "this process may not make a network namespace of its own"))
struct LackingFamilyTests {
  @Test
  func `a host without a way to a family is the agent's own lack where that family is wanted`()
    async throws
  {
    let scratch = try ScratchFolder()
    let hosts = scratch.path + "/hosts"
    try Files.replace(
      hosts, with: Array("192.0.2.1 far.example\n2001:db8::1 far.example\n".utf8))
    let test = try EmptyNetwork.inside {
      try TestProber { $0.resolver.hostsPath = hosts }
    }
    for check in [
      Check.http(HTTPCheck(url: "http://far.example/")),
      .tcp(TCPCheck(host: "far.example", port: 80)),
      .udp(UDPCheck(host: "far.example", port: 80, payload: [1])),
      .tls(TLSCheck(host: "far.example", port: 443)),
    ] {
      let ways = [
        "the agent's host has no way to 192.0.2.1", "the agent's host has no way to 2001:db8::1",
      ]
      let expected: [(AddressFamily, String)] = [
        (.ipv4, ways[0]), (.ipv6, ways[1]),
        (.both, "over IPv4: \(ways[0]); over IPv6: \(ways[1])"),
      ]
      for (family, words) in expected {
        let failure = try #require(await test.probe(check.over(family)).outcome.failure)
        #expect(failure.reason == .agentNoRoute, "\(check.kind) over \(family): \(failure)")
        #expect(failure.detail == words, "\(check.kind) over \(family)")
      }
      // Of addresses that are as good as each other, the last that was tried decides, as ever.
      let failure = try #require(await test.probe(check).outcome.failure)
      #expect(
        [.netUnreachable, .agentFailed].contains(failure.reason), "\(check.kind): \(failure)")
    }
    test.prober.stop()
  }
}

/// A network namespace with nothing in it, for the threads that are begun inside.
private enum EmptyNetwork {
  static let isPossible = (try? inside { true }) ?? false

  static func inside<Value: Sendable>(
    _ make: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    let box = Box<Value>()
    let thread = try DedicatedThread(name: "empty network") {
      box.value.withLock { value in
        value = Result {
          // unshare(2) with CLONE_NEWNET, which the module map does not show.
          typealias Unshare = @convention(c) (Int32) -> Int32
          guard let symbol = dlsym(nil, "unshare"),
            unsafeBitCast(symbol, to: Unshare.self)(0x4000_0000) == 0
          else { throw SystemError("unshare", code: errno) }
          return try make()
        }
      }
    }
    thread.join()
    return try #require(box.value.withLock { $0 }).get()
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
  }
}
