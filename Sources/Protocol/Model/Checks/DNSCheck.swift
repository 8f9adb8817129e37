/// One question to name servers, and what their answers must be.
public struct DNSCheck: Hashable, Sendable {
  public var name: String
  /// The type of record: a mnemonic such as `AAAA`, or `TYPE` and its number.
  public var type: String
  public var family: AddressFamily = .any
  public var servers = Servers.system
  /// Whether each of several servers must give a good answer.
  public var asksEach = false
  public var transport = Transport.udp
  /// How TLS is made with the servers, where the transport has it.
  public var tls = TLSWishes()
  public var wantsRecursion = true
  /// The codes that are good, such as `NOERROR`; at least one.
  public var codes: [String] = ["NOERROR"]
  public var answers = Answers.some
  /// Whether the server must speak for the zone itself (AA).
  public var needsAuthority = false
  /// Whether the server must have verified the signatures (AD).
  public var needsAuthenticData = false
  /// The least and the most time to live, in seconds.
  public var leastTTL: UInt32?
  public var mostTTL: UInt32?
  /// Whether all servers must have the same serial of the zone.
  public var serialsAgree = false
  public var conditions: [String] = []
  public var degradedAboveMs: UInt32?

  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }

  /// Who is asked.
  public enum Servers: Hashable, Sendable {
    /// Those of the agent's host.
    case system
    /// These, each `host` or `host:port`; over HTTPS also `https://host[:port]/path`.
    case these([String])
    /// All that this zone names as its own.
    case zone(String)
  }

  /// How the question travels.
  public enum Transport: UInt8, Sendable, CaseIterable {
    /// TCP follows where an answer is truncated.
    case udp = 0
    case tcp = 1
    /// DNS over TLS (RFC 7858).
    case tls = 2
    /// DNS over HTTPS (RFC 8484), as POST.
    case https = 3

    /// Whether nobody on the way reads along, and the server proves who it is.
    public var isEncrypted: Bool {
      switch self {
      case .udp, .tcp: false
      case .tls, .https: true
      }
    }

    /// The word for it in the API.
    public var word: String { "\(self)" }
  }

  /// What must be among the answers.
  public enum Answers: Hashable, Sendable {
    /// At least one record.
    case some
    /// The name without a record of the type.
    case none
    /// At least one of these.
    case any([String])
    /// Each of these, beside others perhaps.
    case all([String])
    /// These and no others.
    case exactly([String])
  }
}
