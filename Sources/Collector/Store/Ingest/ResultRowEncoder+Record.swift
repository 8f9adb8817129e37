import Wire

extension ResultRowEncoder {
  /// Appends the row of a record that is in range (`RawRecord.isInRange`), which began at
  /// `startedAtMs` of collector time.
  ///
  /// The wire's tenths of a millisecond become microseconds; what int4 can't hold (35 minutes) is
  /// stored as its greatest.
  @inlinable
  public mutating func append(
    _ record: borrowing RawRecord, index: Int, startedAtMs: Int64, monitorKey: Int64,
    organizationID: Int32
  ) {
    var fields = Fields()
    fields.monitorKey = monitorKey
    fields.organizationID = organizationID
    fields.startedAtUs = startedAtMs &* 1000
    fields.totalUs = Self.microseconds(record.total)
    if record.flags & RecordFlag.phases != 0 {
      fields.hasPhases = true
      fields.dnsUs = Self.microseconds(record.dns)
      fields.connectUs = Self.microseconds(record.connect)
      fields.tlsUs = Self.microseconds(record.tls)
      fields.firstByteUs = Self.microseconds(record.firstByte)
    }
    if record.flags & RecordFlag.certificate != 0 {
      fields.certificateDays = Int32(truncatingIfNeeded: record.certificateDays)
    }
    fields.recordIndex = Int16(truncatingIfNeeded: index)
    fields.outcome =
      ResultOutcome(flags: record.flags, failureClass: record.failureClass).rawValue
    if record.flags & RecordFlag.status != 0 {
      fields.status = Int16(truncatingIfNeeded: record.status)
    }
    if record.flags & RecordFlag.failure != 0 {
      fields.reason = record.reasonNumber
      fields.curlCode = Int16(record.curlCode)
    }
    append(fields)
  }

  @inlinable
  static func microseconds(_ tenthsOfMilliseconds: UInt64) -> Int32 {
    tenthsOfMilliseconds < 21_474_836 ? Int32(tenthsOfMilliseconds) &* 100 : .max
  }
}
