import Model

/// What a dns check asks, of whom, and what the answer must be.
public struct DNSQuestion: Hashable, Sendable {
  /// Who is asked.
  public enum Servers: Hashable, Sendable {
    /// Those of the agent's host.
    case system
    /// These, by name or address; at least one.
    case these([NameServer])
    /// All that the zone of this name names as its own (its NS records), each for itself.
    case zone(DomainName)
  }

  /// One server as a person wrote it.
  public struct NameServer: Hashable, Sendable {
    /// Where servers are asked over HTTPS (RFC 8484 names no other).
    public static let commonPath = "/dns-query"

    /// An address, or a name that is resolved first.
    public var host: String
    public var port: UInt16
    /// Of its URL, where it is asked over HTTPS; with a slash first.
    public var path: String

    public init(
      _ host: String, port: UInt16 = ServerAddress.commonPort, path: String = commonPath
    ) {
      self.host = host
      self.port = port
      self.path = path
    }
  }

  public var name: DomainName
  public var type: RecordType
  public var servers: Servers
  /// Whether each of several servers must give a good answer; otherwise the next is asked only where
  /// one fails.
  public var asksEach: Bool
  public var transport: LookupTransport
  /// How TLS is made with the servers, where the transport has it.
  public var tls: TLSWishes
  public var wantsRecursion: Bool
  public var expectation: DNSExpectation

  public init(
    _ name: DomainName, _ type: RecordType, servers: Servers = .system, asksEach: Bool = false,
    transport: LookupTransport = .udp, tls: TLSWishes = TLSWishes(), wantsRecursion: Bool = true,
    expectation: DNSExpectation = DNSExpectation()
  ) {
    self.name = name
    self.type = type
    self.servers = servers
    self.asksEach = asksEach
    self.transport = transport
    self.tls = tls
    self.wantsRecursion = wantsRecursion
    self.expectation = expectation
  }

  /// What makes the question senseless, for a person; `nil` where it can be asked.
  public var problem: String? {
    if case .these(let servers) = servers, servers.isEmpty { return "no name server is named" }
    if expectation.serialsAgree, type != .soa {
      return "serials are compared in SOA records only, not in \(type)"
    }
    if expectation.serialsAgree, servers == .system {
      return "serials are compared between name servers; the system's are no such list"
    }
    if expectation.responseCodes.isEmpty { return "no response code is allowed" }
    return nil
  }

  /// Whether every server's answer counts for itself.
  public var countsEach: Bool {
    if case .zone = servers { return true }
    return asksEach || expectation.serialsAgree
  }

  /// How it is put to name servers: every two seconds, thrice at most, and then until the time is up.
  public var policy: LookupPolicy {
    var policy = LookupPolicy()
    policy.transport = transport
    policy.tls = tls
    policy.tries = 3
    policy.retryUs = 2_000_000
    policy.wantsRecursion = wantsRecursion
    policy.wantsSignatures = expectation.needsAuthenticData
    policy.wantsAuthenticData = expectation.needsAuthenticData
    // Nobody can forge what comes over TLS.
    policy.usesCookies = servers != .system && !transport.isEncrypted
    policy.followsAliases = wantsRecursion
    return policy
  }
}

/// What the answer to a dns check must be.
public struct DNSExpectation: Hashable, Sendable {
  /// What must be among the answers. It is looked at only where the response is NOERROR.
  public enum Answers: Hashable, Sendable {
    /// At least one record.
    case some
    /// The name without a record of the type.
    case none
    /// At least one of these.
    case any([ExpectedAnswer])
    /// Each of these, beside others perhaps.
    case all([ExpectedAnswer])
    /// These and no others.
    case exactly([ExpectedAnswer])
  }

  /// The codes that are good.
  public var responseCodes: [ResponseCode] = [.noError]
  public var answers = Answers.some
  /// Whether the server must speak for the zone itself (AA).
  public var needsAuthority = false
  /// Whether the server must have verified the signatures (AD).
  public var needsAuthenticData = false
  /// In seconds. A server that keeps answers counts their time down.
  public var ttl: ClosedRange<UInt32>?
  /// Whether all servers must have the same serial of the zone.
  public var serialsAgree = false

  public init() {}
}
