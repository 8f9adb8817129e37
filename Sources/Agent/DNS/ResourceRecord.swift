/// One record of the DNS (RFC 1035 section 3.2.1).
public struct ResourceRecord: Hashable, Sendable {
  /// The internet's class.
  public static let internet: UInt16 = 1

  public var name: DomainName
  public var type: RecordType
  public var recordClass: UInt16
  /// Seconds that it may be kept; below 2^31 (RFC 2181 section 8).
  public var ttl: UInt32
  public var data: RecordData

  public init(
    name: DomainName, type: RecordType, recordClass: UInt16 = internet, ttl: UInt32,
    data: RecordData
  ) {
    self.name = name
    self.type = type
    self.recordClass = recordClass
    self.ttl = ttl
    self.data = data
  }
}

extension ResourceRecord: CustomStringConvertible {
  /// As one line of a master file.
  public var description: String {
    let word = recordClass == Self.internet ? "IN" : "CLASS\(recordClass)"
    return "\(name) \(ttl) \(word) \(type) \(data)"
  }
}
