/// How a lookup ended.
public struct LookupReport: Hashable, Sendable {
  public var name: DomainName
  public var type: RecordType
  /// `nil` where there are records.
  public var failure: LookupFailure?
  /// Those of the type that was asked for, at the end of the aliases.
  public var records: [ResourceRecord]
  /// The CNAME records that led there, in order.
  public var aliases: [ResourceRecord]
  /// The last message that answered one of our questions, if any did.
  public var response: DNSMessage?
  /// Who sent that, and how it came.
  public var server: ServerAddress?
  public var transport: LookupTransport?
  /// Each question that was sent, in order.
  public var attempts: [LookupAttempt]
  /// Messages that came to our ports and answered none of our questions.
  public var ignored: Int
  public var tookUs: Int64

  public init(
    name: DomainName, type: RecordType, failure: LookupFailure? = nil,
    records: [ResourceRecord] = [],
    aliases: [ResourceRecord] = [], response: DNSMessage? = nil, server: ServerAddress? = nil,
    transport: LookupTransport? = nil, attempts: [LookupAttempt] = [], ignored: Int = 0,
    tookUs: Int64 = 0
  ) {
    self.name = name
    self.type = type
    self.failure = failure
    self.records = records
    self.aliases = aliases
    self.response = response
    self.server = server
    self.transport = transport
    self.attempts = attempts
    self.ignored = ignored
    self.tookUs = tookUs
  }

  /// The name at the end of the aliases.
  public var canonicalName: DomainName {
    for alias in aliases.reversed() {
      if case .name(let target) = alias.data { return target }
    }
    return name
  }

  /// The least time to live of all records that the answer rests on, in seconds; `nil` without
  /// records.
  public var leastTTL: UInt32? {
    records.isEmpty ? nil : (records + aliases).map(\.ttl).min()
  }
}

/// One question that was sent to one server.
public struct LookupAttempt: Hashable, Sendable {
  /// What came of it.
  public enum Ending: Hashable, Sendable {
    case answered(ResponseCode)
    /// An answer that says that the whole is to be had over TCP.
    case truncated
    case failed(LookupFailure)
    /// Nothing that fitted came while it was waited for.
    case unanswered
  }

  public var server: ServerAddress
  public var transport: LookupTransport
  /// When it was sent, in microseconds from the start of the lookup.
  public var atUs: Int64
  /// How long after that it ended.
  public var tookUs: Int64
  public var ending: Ending

  public init(
    server: ServerAddress, transport: LookupTransport, atUs: Int64, tookUs: Int64,
    ending: Ending
  ) {
    self.server = server
    self.transport = transport
    self.atUs = atUs
    self.tookUs = tookUs
    self.ending = ending
  }
}

extension LookupAttempt: CustomStringConvertible {
  /// As a line of evidence.
  public var description: String {
    let what =
      switch ending {
      case .answered(let code): "\(code)"
      case .truncated: "truncated"
      case .failed(let failure): "\(failure)"
      case .unanswered: "no answer"
      }
    return
      "\(server) over \(transport.word) at \(atUs / 1_000) ms, for \(tookUs / 1_000) ms: \(what)"
  }
}
