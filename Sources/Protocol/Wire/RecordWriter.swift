import Model

/// Appends records to a RESULTS body; the counterpart of ``RecordReader``.
public enum RecordWriter {
  /// Appends `record`, whose start is counted from `previousMs`, the start of the one before it.
  ///
  /// - Precondition: records come in order of their starts.
  public static func append(
    _ record: ProbeRecord, previousMs: Int64, to writer: inout ByteWriter
  ) {
    precondition(record.startedAtMs >= previousMs, "records must be sorted by start")
    writer.uint8(flags(of: record))
    writer.varint(record.slot)
    writer.varint(UInt64(record.startedAtMs - previousMs))
    writer.varint(record.total)
    if let phases = record.phases {
      writer.varint(phases.dns)
      writer.varint(phases.connect)
      writer.varint(phases.tls)
      writer.varint(phases.firstByte)
    }
    if let status = record.status { writer.zigzag(Int64(status) - 200) }
    if let failure = record.outcome.failure {
      writer.uint8(failure.failureClass.rawValue)
      writer.uint8(failure.curlCode)
      writer.string(failure.detail, limit: TextLimit.message)
    }
    if let days = record.certificateDays { writer.zigzag(Int64(days)) }
    appendExtensions(of: record, to: &writer)
  }

  private static func appendExtensions(of record: ProbeRecord, to writer: inout ByteWriter) {
    guard hasExtensions(record) else { return }
    var extensions = ByteWriter(capacity: 48)
    if let request = record.request {
      extensions.varint(RecordFlag.requestKey)
      extensions.count(16)
      extensions.identifier(request)
    }
    if let reason = record.outcome.failure?.reason, reason.isSpecial {
      var number = ByteWriter(capacity: 4)
      number.varint(UInt64(reason.rawValue))
      extensions.varint(RecordFlag.reasonKey)
      extensions.lengthPrefixed(number.bytes)
    }
    if let address = record.address {
      extensions.varint(RecordFlag.addressKey)
      extensions.lengthPrefixed(address.bytes)
    }
    writer.lengthPrefixed(extensions.bytes)
  }

  private static func hasExtensions(_ record: ProbeRecord) -> Bool {
    record.request != nil || record.address != nil
      || record.outcome.failure?.reason.isSpecial == true
  }

  /// A whole RESULTS body of records, but for the code that ends it. `records` must be sorted by
  /// start and begin no earlier than the header's base; the header's kind and count are set here.
  public static func body(_ header: ResultsHeader, _ records: [ProbeRecord]) -> [UInt8] {
    var writer = ByteWriter(capacity: 160 + records.count * 24)
    var header = header
    header.kind = .records
    header.count = records.count
    header.encode(to: &writer)
    var previousMs = header.baseMs
    for record in records {
      append(record, previousMs: previousMs, to: &writer)
      previousMs = record.startedAtMs
    }
    return writer.bytes
  }

  /// A whole RESULTS body that announces a skip, but for the code that ends it.
  public static func body(_ header: ResultsHeader, skip: Skip) -> [UInt8] {
    var writer = ByteWriter(capacity: 160)
    var header = header
    header.kind = .skip
    header.count = 0
    header.encode(to: &writer)
    skip.encode(to: &writer)
    return writer.bytes
  }

  private static func flags(of record: ProbeRecord) -> UInt8 {
    var flags: UInt8 = 0
    switch record.outcome {
    case .up: flags |= RecordFlag.ok
    case .degraded: flags |= RecordFlag.ok | RecordFlag.degraded
    case .failed: break
    }
    if record.phases != nil { flags |= RecordFlag.phases }
    if record.status != nil { flags |= RecordFlag.status }
    if record.outcome.failure != nil { flags |= RecordFlag.failure }
    if record.certificateDays != nil { flags |= RecordFlag.certificate }
    if hasExtensions(record) { flags |= RecordFlag.extension }
    return flags
  }
}
