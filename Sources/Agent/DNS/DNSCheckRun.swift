import Model

/// The course of one dns check, as a value: finds the addresses of the servers, asks them, judges.
///
/// All its lookups end by the check's own limit, so that it needs no clock.
public struct DNSCheckRun: Sendable {
  /// What is to be done.
  public enum Step: Hashable, Sendable {
    /// Look up the zone's NS records at the system's servers.
    case findServers(DomainName)
    /// Resolve the name of a server.
    case resolve(Int, host: String)
    /// Put the question to these, one after the other.
    case ask(Int, [ServerAddress])
    case finish(DNSVerdict)
  }

  /// Servers that are asked for themselves at most.
  static let mostServers = 16
  /// Addresses of one server's name that are used.
  static let mostAddresses = 4

  public let question: DNSQuestion
  private let permits: @Sendable (IPAddress) -> String?
  private var servers: [Server] = []

  private struct Server {
    /// As the check names it.
    var text: String
    var host: String
    var port: UInt16
    /// Who it must prove to be; `nil` where it is asked in clear.
    var identity: ServerAddress.Identity?
    var addresses: [ServerAddress] = []
    /// Why it has no address that may be asked.
    var trouble: LookupFailure?
    var isResolved = false
    var report: LookupReport?
  }

  /// - Parameter refusal: says why an address of a server that the check names must not be asked;
  ///   `nil` permits it. The system's own servers are asked in any case.
  public init(
    _ question: DNSQuestion, refusal: @escaping @Sendable (IPAddress) -> String? = { _ in nil }
  ) {
    self.question = question
    permits = refusal
  }

  /// - Parameter system: the servers of the agent's host.
  public mutating func begin(system: [ServerAddress]) -> [Step] {
    guard servers.isEmpty else { return [] }
    switch question.servers {
    case .system:
      servers = [Server(text: "the system's name server", host: "", port: 0)]
      return [.ask(0, system)]
    case .these(let named):
      return begin(Array(named.prefix(Self.mostServers)))
    case .zone(let zone):
      return [.findServers(zone)]
    }
  }

  /// The lookup of the zone's NS records has ended.
  public mutating func found(_ report: LookupReport) -> [Step] {
    guard servers.isEmpty else { return [] }
    let names = report.records.compactMap { record -> String? in
      if case .name(let name) = record.data { "\(name)" } else { nil }
    }
    guard !names.isEmpty else {
      return [.finish(DNSJudgement.withoutServers(report))]
    }
    return begin(
      names.sorted().prefix(Self.mostServers).map { DNSQuestion.NameServer($0) })
  }

  /// The name of a server was resolved, or was not.
  public mutating func resolved(_ index: Int, _ resolution: Resolution) -> [Step] {
    guard servers.indices.contains(index), !servers[index].isResolved else { return [] }
    take(index, resolution.addresses)
    if let failure = resolution.failure {
      servers[index].trouble =
        failure.isOwn
        ? failure : .unknownServer("\(servers[index].host): \(failure)")
    }
    return question.countsEach ? askEach([index]) : askAllTogether()
  }

  /// A lookup that was asked for has ended.
  public mutating func answered(_ index: Int, _ report: LookupReport) -> [Step] {
    guard servers.indices.contains(index), servers[index].report == nil else { return [] }
    servers[index].report = report
    return concludeIfDone()
  }

  private mutating func begin(_ named: [DNSQuestion.NameServer]) -> [Step] {
    let transport = question.transport
    servers = named.map { server in
      var text = server.host
      if server.port != transport.commonPort { text += ", port \(server.port)" }
      var identity: ServerAddress.Identity?
      if transport.isEncrypted {
        identity = ServerAddress.Identity(host: server.host, path: server.path)
      }
      return Server(text: text, host: server.host, port: server.port, identity: identity)
    }
    var steps: [Step] = []
    for (index, server) in servers.enumerated() {
      if let address = IPAddress(text: server.host) {
        take(index, [address])
      } else {
        steps.append(.resolve(index, host: server.host))
      }
    }
    return steps
      + (question.countsEach
        ? askEach(servers.indices.filter { servers[$0].isResolved }) : askAllTogether())
  }

  /// Keeps the addresses of a server that may be asked.
  private mutating func take(_ index: Int, _ addresses: [IPAddress]) {
    servers[index].isResolved = true
    for address in addresses.prefix(Self.mostAddresses) {
      if let refusal = permits(address) {
        servers[index].trouble = .forbidden("the agent does not ask \(address): \(refusal)")
      } else {
        servers[index].addresses.append(
          ServerAddress(
            address, port: servers[index].port, identity: servers[index].identity))
      }
    }
  }

  private mutating func askEach(_ indices: [Int]) -> [Step] {
    var steps: [Step] = []
    for index in indices {
      if servers[index].addresses.isEmpty {
        fail(index, servers[index].trouble)
      } else {
        steps.append(.ask(index, servers[index].addresses))
      }
    }
    return steps + concludeIfDone()
  }

  /// Once all names are resolved, one lookup goes through all servers.
  private mutating func askAllTogether() -> [Step] {
    guard servers.allSatisfy(\.isResolved) else { return [] }
    let addresses = servers.flatMap(\.addresses)
    let trouble = servers.compactMap(\.trouble).max { $0.rank < $1.rank }
    servers = [
      Server(
        text: servers.map(\.text).joined(separator: ", "), host: "", port: 0,
        addresses: addresses, isResolved: true)
    ]
    guard addresses.isEmpty else { return [.ask(0, addresses)] }
    fail(0, trouble)
    return concludeIfDone()
  }

  private mutating func fail(_ index: Int, _ trouble: LookupFailure?) {
    servers[index].report = LookupReport(
      name: question.name, type: question.type,
      failure: trouble ?? .unknownServer(servers[index].host))
  }

  private func concludeIfDone() -> [Step] {
    let answers = servers.compactMap { server in
      server.report.map { DNSJudgement.Answer(server: server.text, report: $0) }
    }
    guard answers.count == servers.count else { return [] }
    return [.finish(DNSJudgement.verdict(of: answers, under: question))]
  }
}
