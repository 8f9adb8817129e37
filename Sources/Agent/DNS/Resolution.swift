import Model

/// What became of a name that was to be resolved.
public struct Resolution: Hashable, Sendable {
  /// Where the addresses come from.
  public enum Source: Hashable, Sendable {
    /// The text was an address.
    case literal
    case hostsFile
    /// `localhost` and what is below it (RFC 6761 section 6.3).
    case localhost
    /// All of it was kept from before.
    case cache
    case servers
  }

  /// What was found out about one name in one family.
  public struct Finding: Hashable, Sendable {
    public var name: DomainName
    public var type: RecordType
    public var answer: AddressAnswer

    public init(name: DomainName, type: RecordType, _ answer: AddressAnswer) {
      self.name = name
      self.type = type
      self.answer = answer
    }
  }

  public var addresses: [IPAddress]
  /// The name that has them, at the end of aliases and within the searched domains; `nil` for an
  /// address.
  public var canonicalName: DomainName?
  public var source: Source
  /// Seconds that the addresses may be kept; `nil` where nobody said.
  public var ttl: UInt32?
  /// `nil` where there are addresses.
  public var failure: LookupFailure?
  /// Why a family has none that was wanted beside the other.
  public var otherFailure: LookupFailure?
  /// The questions that were sent for it, in order.
  public var attempts: [LookupAttempt]
  /// What servers said, now or while that may be kept, of each name that was tried.
  public var findings: [Finding]

  public init(
    addresses: [IPAddress] = [], canonicalName: DomainName? = nil, source: Source,
    ttl: UInt32? = nil, failure: LookupFailure? = nil, otherFailure: LookupFailure? = nil,
    attempts: [LookupAttempt] = [], findings: [Finding] = []
  ) {
    self.addresses = addresses
    self.canonicalName = canonicalName
    self.source = source
    self.ttl = ttl
    self.failure = failure
    self.otherFailure = otherFailure
    self.attempts = attempts
    self.findings = findings
  }
}
