import Glibc
import Linux
import Model
import OpenSSL
import Signing
import Synchronization
import Testing
import Wire

/// An agent that lacks what it needs of its host.
@Suite(.serialized) struct AgentScarcityTests {
  private let scratch: ScratchFolder
  private let collector: ScriptedCollector
  private var state: String { scratch.path + "/state" }

  init() async throws {
    scratch = try ScratchFolder()
    collector = try ScriptedCollector()
    let token = EnrolmentToken(id: .random(), secret: try randomBytes(32), pins: [])
    collector.change { $0.token = token }
    let tokenFile = scratch.path + "/token"
    try Files.replace(tokenFile, with: Array(try token.text().utf8))
    try collector.start()
    let (code, text) = try await AgentProcess.run(
      [
        "enroll", "--collector", collector.address, "--token-file", tokenFile,
        "--state-folder", state,
      ], folder: scratch.path)
    try #require(code == 0, "\(text)")
  }

  private func start(through wrapper: [String]) throws -> AgentProcess {
    try AgentProcess(
      ["run", "--state-folder", state, "--allow-loopback-targets"], folder: scratch.path,
      through: wrapper)
  }

  private static func target(
    _ slot: UInt64, _ host: String, _ port: UInt16, _ path: String = "", timeoutMs: UInt32 = 10_000
  ) -> AssignedTarget {
    AssignedTarget(
      slot: slot, monitor: MonitorID(high: 1, low: slot), intervalSeconds: 1,
      timeoutMs: timeoutMs, phaseMs: UInt32(slot * 997 % 1_000),
      question: .check(.http(HTTPCheck(url: "http://\(host):\(port)/\(path)"))))
  }

  /// A number that the kernel tells of a process; `nil` once it has ended.
  private static func threads(_ id: pid_t) -> Int? {
    // Files of /proc tell no size.
    guard let bytes = try? OpenFile("/proc/\(id)/status", .readOnly).read(at: 0, count: 8_192)
    else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("Threads:") {
      return Int(line.split(separator: "\t").last ?? "")
    }
    return nil
  }

  @Test func `with few descriptors probes wait, and neither targets nor the link suffer`()
    async throws
  {
    let target = try LoggingTarget()
    defer { target.stop() }
    let silent = try HostileServer { head in head.isEmpty ? nil : [.hold] }
    defer { silent.stop() }
    // Some hold their descriptors for as long as they may.
    collector.change { memory in
      memory.assignment =
        (1...200).map { Self.target($0, "127.0.0.1", target.port) }
        + (201...204).map { Self.target($0, "127.0.0.1", silent.port, timeoutMs: 900) }
    }
    let agent = try start(through: ["/bin/sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""])
    await collector.wait("results of every target", seconds: 60) { memory in
      Set(memory.records.map(\.slot)).count == 204 && memory.records.count >= 1_000
    }
    agent.signal(SIGTERM)
    #expect(await agent.end() == 0, "\(agent.text)")
    let memory = collector.memory.withLock { $0 }
    for record in memory.records where record.slot <= 200 {
      let failure = record.outcome.failure
      #expect(failure == nil || failure?.failureClass == .agent, "\(String(describing: failure))")
    }
    #expect(memory.records.filter { $0.slot <= 200 && $0.outcome.isUp }.count > 500)
    for record in memory.records where record.slot > 200 {
      #expect([.timeout, .agent].contains(record.outcome.failure?.failureClass))
    }
    // The silent targets did not keep the others waiting until they had ended.
    let silentStarts = memory.records.filter { $0.slot > 200 }.map(\.startedAtMs)
    let meanwhile = memory.records.filter { record in
      record.slot <= 200
        && silentStarts.contains { $0 + 100 < record.startedAtMs && record.startedAtMs < $0 + 800 }
    }
    #expect(meanwhile.count > 100)
    #expect(memory.sessions == 1)
    #expect(memory.problems.isEmpty)
  }

  @Test func `descriptors that run out on the way are never a target's outage, whatever is asked`()
    async throws
  {
    let good = try HostileServer(answering: plainAnswer)
    defer { good.stop() }
    let shut = try HostileServer { _ in [.close] }
    defer { shut.stop() }
    var name = DNSCheck(name: "shop.example", type: "A")
    name.servers = .these(["127.0.0.1"])
    var named = HTTPCheck(url: "http://localhost:\(good.port)/")
    named.family = .ipv4
    let checks: [Check] = [
      .http(HTTPCheck(url: good.url())), .http(named),
      .tcp(TCPCheck(host: "127.0.0.1", port: good.port)),
      .tls(TLSCheck(host: "127.0.0.1", port: shut.port)),
      .websocket(WebSocketCheck(url: "ws://127.0.0.1:\(shut.port)/")),
      .grpc(GRPCCheck(host: "127.0.0.1", port: shut.port)),
      .udp(UDPCheck(host: "127.0.0.1", port: shut.port, payload: [1])), .dns(name),
      .icmp(ICMPCheck(host: "127.0.0.1")),
    ]
    collector.change { memory in
      memory.assignment = checks.enumerated().map { index, check in
        AssignedTarget(
          slot: UInt64(index + 1), monitor: MonitorID(high: 1, low: UInt64(index + 1)),
          intervalSeconds: 1, timeoutMs: 900, phaseMs: UInt32(index * 100), question: .check(check))
      }
    }
    let agent = try start(through: [])
    let slots = 1...UInt64(checks.count)
    func wait(_ what: String, from startMs: Int64, untilUp up: [UInt64] = []) async {
      await collector.wait(what) { memory in
        let later = memory.records.filter { $0.startedAtMs > startMs }
        return slots.allSatisfy { slot in later.count { $0.slot == slot } >= 2 }
          && up.allSatisfy { slot in
            later.contains { $0.slot == slot && $0.outcome.isUp }
          }
      }
    }
    await wait("results of each", from: 0, untilUp: [1, 2, 3])
    // Nothing more can be opened; what is open stays.
    let limit = try Self.limit(agent.id, ["--noheadings", "--raw", "--output", "SOFT", "--nofile"])
    _ = try Self.limit(agent.id, ["--nofile=0:"])
    // Its clock is not quite this one.
    let fromMs = AgentClock.wallMs() + 50
    await wait("results without descriptors", from: fromMs)
    let untilMs = AgentClock.wallMs()
    _ = try Self.limit(agent.id, ["--nofile=\(limit):"])
    await wait("results with descriptors again", from: untilMs, untilUp: [1, 2, 3])
    agent.signal(SIGTERM)
    #expect(await agent.end() == 0, "\(agent.text)")
    let memory = collector.memory.withLock { $0 }
    let scarce = memory.records.filter { (fromMs..<untilMs).contains($0.startedAtMs) }
    for record in scarce {
      let failure = record.outcome.failure
      #expect(
        failure == nil || failure?.failureClass == .agent, "\(record.slot): \(record.outcome)")
    }
    // Echoes have a socket that they share.
    for slot in slots.dropLast() {
      #expect(
        scarce.contains { $0.slot == slot && $0.outcome.failure?.reason == .agentNoDescriptors },
        "\(slot): \(scarce.filter { $0.slot == slot }.map(\.outcome))")
    }
    #expect(memory.sessions == 1)
    #expect(memory.problems.isEmpty)
  }

  /// Reads or sets a limit of a process that runs, by util-linux's program; what it says, or "done".
  private static func limit(_ id: pid_t, _ options: [String]) throws -> String {
    let program = try HelperProgram(
      ["/bin/sh", "-c", "prlimit --pid \"$@\" && echo done", "sh", "\(id)"] + options)
    return program.words[0]
  }

  /// Whether this machine lets the test give a process another list of name servers.
  private static let mayMount: Bool = {
    guard geteuid() == 0, access("/usr/bin/unshare", X_OK) == 0 else { return false }
    let words = [
      "/usr/bin/unshare", "-m", "/bin/mount", "--bind", "/etc/hosts", "/etc/resolv.conf",
    ]
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var id = pid_t()
    guard posix_spawn(&id, words[0], nil, nil, &pointers, environ) == 0 else { return false }
    var status: Int32 = -1
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return status == 0
  }()

  @Test(.enabled(if: mayMount, "needs a superuser that may mount"))
  func `a name server that never answers fails its own probes alone, with no thread`()
    async throws
  {
    // Silent: nobody reads what comes.
    let silent = Descriptor(
      owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(53).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f35_3535).bigEndian
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(silent.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isBound)
    let servers = scratch.path + "/resolv.conf"
    try Files.replace(servers, with: Array("nameserver 127.53.53.53\n".utf8))
    let target = try LoggingTarget()
    defer { target.stop() }
    // Names that answers lead to count as well.
    let leading = try HostileServer { head in
      guard let path = head.split(separator: " ").dropFirst().first else { return nil }
      let name = "name\(path.dropFirst()).example"
      return [
        .send("HTTP/1.1 302 F\r\nLocation: http://\(name)/\r\nContent-Length: 0\r\n\r\n"), .close,
      ]
    }
    defer { leading.stop() }
    collector.change { memory in
      memory.assignment =
        (1...10).map { Self.target($0, "127.0.0.1", target.port) }
        + (11...600).map { Self.target($0, "name-\($0).example", target.port, timeoutMs: 900) }
        + (601...900).map { Self.target($0, "127.0.0.1", leading.port, "-\($0)", timeoutMs: 900) }
    }
    let agent = try start(
      through: [
        "/usr/bin/unshare", "-m", "/bin/sh", "-c",
        "mount --bind \(servers) /etc/resolv.conf && exec \"$0\" \"$@\"",
      ])
    let collector = collector
    let id = agent.id
    let mostThreads = await offPool {
      var most = 0
      let end = AgentClock.monotonicNanoseconds() + 60_000_000_000
      while AgentClock.monotonicNanoseconds() < end {
        most = max(most, Self.threads(id) ?? 0)
        let (plain, named) = collector.memory.withLock { memory in
          let plain = memory.records.filter { $0.slot <= 10 }.count
          return (plain, memory.records.count - plain)
        }
        if plain >= 150, named >= 3_000 { break }
        waitForSockets([], timeoutMs: 50)
      }
      return most
    }
    #expect(agent.text.contains("the session is live"), "\(agent.text)")
    agent.signal(SIGTERM)
    #expect(await agent.end() == 0)
    #expect(mostThreads < 16)
    let memory = collector.memory.withLock { $0 }
    let plain = memory.records.filter { $0.slot <= 10 }
    #expect(plain.count >= 150)
    #expect(plain.allSatisfy { $0.outcome.isUp })
    var classes: [FailureClass: Int] = [:]
    for record in memory.records where record.slot > 10 {
      let failureClass = try #require(record.outcome.failure?.failureClass)
      classes[failureClass, default: 0] += 1
      if failureClass == .dns { #expect(record.total >= 8_000 && record.total < 50_000) }
    }
    #expect(Set(classes.keys).isSubset(of: [.dns, .agent]))
    #expect(classes[.dns, default: 0] >= 250)
    #expect(memory.sessions == 1)
  }
}
