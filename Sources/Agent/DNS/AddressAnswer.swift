import Model

/// What was found out about the addresses of a name in one family.
public struct AddressAnswer: Hashable, Sendable {
  /// Addresses that are kept of one answer; further ones are left out.
  public static let mostAddresses = 64

  public var addresses: [IPAddress]
  /// The name at the end of the aliases.
  public var canonicalName: DomainName
  /// Seconds that it may be kept; `nil` where it may not.
  public var ttl: UInt32?
  /// `nil` where there are addresses.
  public var failure: LookupFailure?
  /// The questions that were sent for it; none for what was kept.
  public var attempts: [LookupAttempt]

  public init(
    addresses: [IPAddress], canonicalName: DomainName, ttl: UInt32? = nil,
    failure: LookupFailure? = nil, attempts: [LookupAttempt] = []
  ) {
    self.addresses = addresses
    self.canonicalName = canonicalName
    self.ttl = ttl
    self.failure = failure
    self.attempts = attempts
  }

  /// What a lookup of A or AAAA records says. That there is none may be kept where the server says
  /// how long (RFC 2308 section 5); failures may not.
  public init(_ report: LookupReport) {
    var addresses: [IPAddress] = []
    for record in report.records.prefix(Self.mostAddresses) {
      if case .address(let address) = record.data { addresses.append(address) }
    }
    let ttl: UInt32? =
      switch report.failure {
      case nil: report.leastTTL
      case .noSuchName, .noData: report.response?.negativeTTL
      default: nil
      }
    self.init(
      addresses: addresses, canonicalName: report.canonicalName, ttl: ttl, failure: report.failure,
      attempts: report.attempts)
  }
}
