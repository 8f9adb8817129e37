import DNS
import Glibc
import Linux
import Model
import Testing

@testable import Resolving

/// A resolver with the loop that it needs, on the test's own thread, and files of its own.
final class ResolverRig: ResolverDelegate {
  let resolver: Resolver
  let clock = AgentClock()
  let folder: String
  private let queue: EventQueue
  private(set) var results: [Resolver.Token: Resolver.Result] = [:]
  /// In the order in which they came.
  private(set) var order: [Resolver.Token] = []
  /// Called with each result, on the loop.
  var onResult: ((Resolver.Token) -> Void)?

  /// - Parameters:
  ///   - servers: those that resolv.conf names; all listen at the first one's port.
  ///   - options: a line of resolv.conf.
  init(
    servers: [ServerAddress] = [], options: String = "", hosts: String = "",
    _ change: (inout ResolverSettings) -> Void = { _ in }
  ) throws {
    var template = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var settings = ResolverSettings()
    settings.configurationPath = folder + "/resolv.conf"
    settings.hostsPath = folder + "/hosts"
    settings.port = servers.first?.port ?? 53
    change(&settings)
    queue = try EventQueue()
    resolver = try Resolver(settings, clock: clock)
    resolver.delegate = self
    try queue.add(resolver.descriptor, for: .readable, token: 1)
    try write(servers: servers, options: options)
    try Files.overwrite(folder + "/hosts", with: Array(hosts.utf8))
  }

  deinit {
    try? Files.remove(folder + "/resolv.conf")
    try? Files.remove(folder + "/hosts")
    try? Files.removeFolder(folder)
  }

  func write(servers: [ServerAddress], options: String = "") throws {
    let lines = servers.map { "nameserver \($0.address)\n" } + ["\(options)\n"]
    try Files.overwrite(folder + "/resolv.conf", with: Array(lines.joined().utf8))
  }

  func resolver(_ resolver: Resolver, found result: Resolver.Result, for token: Resolver.Token) {
    #expect(results[token] == nil)
    results[token] = result
    order.append(token)
    onResult?(token)
  }

  /// Runs the loop until a condition holds.
  func run(seconds: Int64 = 60, until holds: () throws -> Bool) throws {
    let end = clock.nowMicroseconds() + seconds * 1_000_000
    while try !holds() {
      let nowUs = clock.nowMicroseconds()
      try #require(nowUs < end, "nothing came in \(seconds) s")
      let wakeUs = min(end, resolver.nextWakeUs ?? .max)
      _ = try queue.wait(nanoseconds: max(0, wakeUs - nowUs) * 1_000)
      resolver.turn()
    }
  }

  /// Asks again and again until something has come about that no event tells of.
  func poll(seconds: Int64 = 60, until holds: () throws -> Bool) throws {
    let end = clock.nowMicroseconds() + seconds * 1_000_000
    while try !holds() {
      try #require(clock.nowMicroseconds() < end, "it did not come about in \(seconds) s")
      waitForSockets([], timeoutMs: 20)
    }
  }

  func result(_ token: Resolver.Token) throws -> Resolver.Result {
    try run { results[token] != nil }
    return try #require(results[token])
  }

  func resolve(
    _ host: String, _ family: AddressFamily = .any, limitMs: Int64 = 20_000
  ) throws -> Resolution {
    let token = resolver.resolve(host, family: family, limitUs: limitMs * 1_000)
    guard case .resolved(let resolution) = try result(token) else {
      throw SystemError("another kind of result", code: 0)
    }
    return resolution
  }

  func ask(
    _ text: String, _ type: RecordType, of servers: [ServerAddress],
    policy: LookupPolicy = LookupPolicy(), limitMs: Int64 = 20_000
  ) throws -> LookupReport {
    let token = resolver.ask(
      domain(text), type, of: servers, policy: policy, limitUs: limitMs * 1_000)
    guard case .answered(let report) = try result(token) else {
      throw SystemError("another kind of result", code: 0)
    }
    return report
  }

  func check(
    _ question: DNSQuestion, limitMs: Int64 = 20_000,
    refusal: @escaping @Sendable (IPAddress) -> String? = { _ in nil }
  ) throws -> DNSVerdict {
    let token = resolver.check(question, limitUs: limitMs * 1_000, refusal: refusal)
    guard case .judged(let verdict) = try result(token) else {
      throw SystemError("another kind of result", code: 0)
    }
    return verdict
  }
}

extension DNSQuestion.NameServer {
  init(_ server: ServerAddress) {
    self.init("\(server.address)", port: server.port)
  }
}
