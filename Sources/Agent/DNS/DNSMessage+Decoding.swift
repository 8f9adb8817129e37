extension DNSMessage {
  /// The least that a question and a record take.
  private static let leastQuestionBytes = 5
  private static let leastRecordBytes = 11

  /// What stands in front of the records: enough to know whether a message answers a question.
  struct Head {
    var id: UInt16
    var flags: MessageFlags
    var operation: UInt8
    /// The lower four bits alone.
    var responseCode: UInt16
    var questions: [Question]
    fileprivate var counts: [Int]

    /// Reads the header and the questions.
    init(from reader: inout MessageReader) throws(DNSMessageError) {
      id = try reader.number16()
      let bits = try reader.number16()
      flags = MessageFlags(rawValue: bits).intersection(.all)
      operation = UInt8(bits >> 11 & 15)
      responseCode = bits & 15
      let questionCount = Int(try reader.number16())
      counts = [
        Int(try reader.number16()), Int(try reader.number16()), Int(try reader.number16()),
      ]
      let least =
        questionCount * leastQuestionBytes + counts.reduce(0, +) * leastRecordBytes
      // Such an answer is cut on purpose, and may keep the counts of what was cut off.
      guard least <= reader.left || flags.contains(.truncated) else { throw .counts }
      questions = []
      for _ in 0..<questionCount {
        questions.append(
          Question(
            name: try reader.name(), type: RecordType(rawValue: try reader.number16()),
            recordClass: try reader.number16()))
      }
    }
  }

  /// Reads a whole message; bytes behind its last record are left alone.
  ///
  /// The answers must be right to the last byte. Authorities whose data are not what their type asks
  /// for are kept as bytes, and additional records are not looked into, so that what is not needed
  /// does no harm.
  public init(decoding bytes: [UInt8]) throws(DNSMessageError) {
    var reader = MessageReader(bytes)
    let head = try Head(from: &reader)
    self.init(
      id: head.id, flags: head.flags, operation: head.operation,
      responseCode: ResponseCode(rawValue: head.responseCode), questions: head.questions)
    for _ in 0..<head.counts[0] {
      let record = try Self.record(from: &reader)
      answers.append(try record.decoded())
    }
    for _ in 0..<head.counts[1] {
      let record = try Self.record(from: &reader)
      authorities.append((try? record.decoded()) ?? record.undecoded())
    }
    for _ in 0..<head.counts[2] {
      let record = try Self.record(from: &reader)
      guard record.type == .opt else { continue }
      guard extended == nil, record.name.isRoot else { throw .extensions }
      try takeExtended(record)
    }
    byteCount = reader.position
  }

  /// A record whose data are not looked at yet.
  private struct RawRecord {
    var name: DomainName
    var type: RecordType
    var recordClass: UInt16
    var ttl: UInt32
    var data: MessageReader

    func decoded() throws(DNSMessageError) -> ResourceRecord {
      var reader = data
      let data = try RecordData(of: type, recordClass: recordClass, from: &reader)
      return record(data)
    }

    func undecoded() -> ResourceRecord {
      var reader = data
      return record(.unknown(reader.rest()))
    }

    private func record(_ data: RecordData) -> ResourceRecord {
      // The highest bit set means zero (RFC 2181 section 8).
      ResourceRecord(
        name: name, type: type, recordClass: recordClass, ttl: ttl >> 31 == 0 ? ttl : 0,
        data: data)
    }
  }

  private static func record(
    from reader: inout MessageReader
  ) throws(DNSMessageError) -> RawRecord {
    let name = try reader.name()
    let type = RecordType(rawValue: try reader.number16())
    let recordClass = try reader.number16()
    let ttl = try reader.number32()
    let count = Int(try reader.number16())
    return RawRecord(
      name: name, type: type, recordClass: recordClass, ttl: ttl, data: try reader.part(count))
  }

  /// Reads EDNS out of its record, whose class and time to live mean other things (RFC 6891 section
  /// 6.1.3).
  private mutating func takeExtended(_ record: RawRecord) throws(DNSMessageError) {
    var reader = record.data
    var extended = ExtendedDNS(
      payloadBytes: record.recordClass, version: UInt8(record.ttl >> 16 & 255),
      wantsSignatures: record.ttl & 0x8000 != 0)
    while !reader.isAtEnd {
      do {
        let code = try reader.number16()
        extended.options.append(.init(code: code, value: try reader.take(Int(reader.number16()))))
      } catch {
        throw .extensions
      }
    }
    responseCode = ResponseCode(
      rawValue: responseCode.rawValue | UInt16(record.ttl >> 24 & 255) << 4)
    self.extended = extended
  }
}
