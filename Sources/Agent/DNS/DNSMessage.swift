/// A message of the DNS (RFC 1035 section 4).
///
/// Its additional records are checked for their form and not kept, but for what carries EDNS.
public struct DNSMessage: Hashable, Sendable {
  public var id: UInt16
  public var flags: MessageFlags
  /// The kind of the question; 0 is a query.
  public var operation: UInt8
  public var responseCode: ResponseCode
  public var questions: [Question]
  public var answers: [ResourceRecord]
  public var authorities: [ResourceRecord]
  public var extended: ExtendedDNS?
  /// The size of the message itself, without what may stand behind its last record.
  public var byteCount: Int

  public init(
    id: UInt16, flags: MessageFlags = [], operation: UInt8 = 0,
    responseCode: ResponseCode = .noError, questions: [Question] = [],
    answers: [ResourceRecord] = [], authorities: [ResourceRecord] = [],
    extended: ExtendedDNS? = nil, byteCount: Int = 0
  ) {
    self.id = id
    self.flags = flags
    self.operation = operation
    self.responseCode = responseCode
    self.questions = questions
    self.answers = answers
    self.authorities = authorities
    self.extended = extended
    self.byteCount = byteCount
  }

  /// What a message asks, or repeats.
  public struct Question: Hashable, Sendable {
    public var name: DomainName
    public var type: RecordType
    public var recordClass: UInt16

    public init(
      name: DomainName, type: RecordType, recordClass: UInt16 = ResourceRecord.internet
    ) {
      self.name = name
      self.type = type
      self.recordClass = recordClass
    }
  }

  /// How long, in seconds, it may be kept that there is no such name or record: the lesser of the SOA
  /// record's own time and the one it states (RFC 2308 section 5); `nil` without such a record.
  public var negativeTTL: UInt32? {
    for record in authorities {
      if case .startOfAuthority(let start) = record.data { return min(record.ttl, start.minimum) }
    }
    return nil
  }

  /// Whether the message sends the asker on to other servers instead of answering: no answer, no
  /// authority of its own, the names of others.
  public var isReferral: Bool {
    responseCode == .noError && answers.isEmpty && !flags.contains(.authoritative)
      && authorities.contains { $0.type == .ns } && !authorities.contains { $0.type == .soa }
  }
}
