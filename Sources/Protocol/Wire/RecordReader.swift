import Model

/// The bits of a record's first byte.
///
/// ```
/// flags 1 | slot varint | ms since the record before varint | total varint (0.1 ms)
/// | 2: dns, connect, tls, first byte varints | 4: zigzag(status - 200)
/// | 8: class 1, curl code 1, detail string | 16: certificate days zigzag
/// | 128: length varint, (key varint, length varint, bytes) ...
/// ```
public enum RecordFlag {
  public static let ok: UInt8 = 1
  public static let phases: UInt8 = 2
  public static let status: UInt8 = 4
  public static let failure: UInt8 = 8
  public static let certificate: UInt8 = 16
  public static let degraded: UInt8 = 32
  public static let reserved: UInt8 = 64
  public static let `extension`: UInt8 = 128
  /// The extension that carries the identifier of a "probe now".
  public static let requestKey: UInt64 = 1
  /// The extension that carries a failure's ``Reason`` as a varint, where more is known than its class.
  public static let reasonKey: UInt64 = 2
  /// The extension that carries the address that was connected to: 4 bytes or 16.
  public static let addressKey: UInt64 = 3
}

/// One record as it stands on the wire: plain numbers, decoded but not yet judged.
///
/// Fields whose flag is not set keep no meaning.
@frozen
public struct RawRecord: Sendable {
  public var flags: UInt8 = 0
  public var slot: UInt64 = 0
  /// Agent time, in milliseconds.
  public var startedAtMs: Int64 = 0
  /// Durations in 0.1 ms.
  public var total: UInt64 = 0
  public var dns: UInt64 = 0
  public var connect: UInt64 = 0
  public var tls: UInt64 = 0
  public var firstByte: UInt64 = 0
  public var status: Int64 = 0
  public var failureClass: UInt8 = 0
  public var curlCode: UInt8 = 0
  /// Where the detail's bytes lie in the content that the reader was given: valid UTF-8.
  public var detail: Range<Int> = 0..<0
  public var certificateDays: Int64 = 0
  public var request: ProbeRequestID = .zero
  /// A ``Reason``'s number, or one of a later version; 0 where only the class was told.
  public var reason: UInt64 = 0
  public var address: IPAddress?

  @inlinable
  public init() {}

  /// What is stored of a failure: the reason's number if it is of the failure's class, of a later
  /// version though it may be; else that of the class's general reason.
  @inlinable
  public var reasonNumber: Int16 {
    let general = UInt64(failureClass) &* 100
    return Int16(reason >= general && reason < general &+ 100 ? reason : general)
  }

  /// Whether the fields' values are within what the protocol allows. A record that is not is
  /// counted as rejected and stored as nothing else.
  @inlinable
  public var isInRange: Bool {
    let limit = UInt64(Int32.max)
    guard flags & RecordFlag.reserved == 0, total <= limit else { return false }
    let isOK = flags & RecordFlag.ok != 0
    if flags & RecordFlag.degraded != 0, !isOK { return false }
    if flags & RecordFlag.failure == 0, !isOK { return false }
    if flags & RecordFlag.failure != 0, isOK, flags & RecordFlag.degraded == 0 { return false }
    if flags & RecordFlag.phases != 0 {
      guard dns <= connect, connect <= tls, tls <= firstByte, firstByte <= limit else {
        return false
      }
    }
    if flags & RecordFlag.status != 0, !(0...999).contains(status) { return false }
    if flags & RecordFlag.failure != 0, !(1...9).contains(failureClass) { return false }
    if flags & RecordFlag.certificate != 0,
      !(Int64(Int32.min)...Int64(Int32.max)).contains(certificateDays)
    {
      return false
    }
    return true
  }
}

/// Walks over the records of a RESULTS body, without an object a record.
@frozen
public struct RecordReader {
  @usableFromInline var reader: ByteReader
  @usableFromInline let content: UnsafeRawBufferPointer
  @usableFromInline var left: Int
  @usableFromInline var lastStartMs: Int64

  @inlinable
  public init(_ content: UnsafeRawBufferPointer, count: Int, baseMs: Int64) {
    self.reader = ByteReader(content)
    self.content = content
    self.left = count
    self.lastStartMs = baseMs
  }

  /// Reads the next record into `record`; `false` after the last.
  @inlinable
  public mutating func next(_ record: inout RawRecord) throws(WireError) -> Bool {
    guard left > 0 else { return false }
    left &-= 1
    let flags = try reader.uint8()
    record.flags = flags
    record.slot = try reader.varint()
    let delta = try reader.varint()
    guard let step = Int64(exactly: delta) else { throw .value }
    let (start, overflow) = lastStartMs.addingReportingOverflow(step)
    guard !overflow else { throw .value }
    lastStartMs = start
    record.startedAtMs = start
    record.total = try reader.varint()
    if flags & RecordFlag.phases != 0 {
      record.dns = try reader.varint()
      record.connect = try reader.varint()
      record.tls = try reader.varint()
      record.firstByte = try reader.varint()
    }
    if flags & RecordFlag.status != 0 {
      let (status, overflow) = try reader.zigzag().addingReportingOverflow(200)
      record.status = overflow ? -1 : status
    }
    if flags & RecordFlag.failure != 0 { try readFailure(&record) }
    if flags & RecordFlag.certificate != 0 { record.certificateDays = try reader.zigzag() }
    record.request = .zero
    record.reason = 0
    record.address = nil
    if flags & RecordFlag.extension != 0 { try readExtensions(&record) }
    return true
  }

  @usableFromInline
  mutating func readFailure(_ record: inout RawRecord) throws(WireError) {
    record.failureClass = try reader.uint8()
    record.curlCode = try reader.uint8()
    let count = try reader.varint()
    guard count <= UInt64(TextLimit.message) else { throw .text }
    let start = reader.position
    let detail = try reader.view(Int(count))
    guard String(validating: detail, as: UTF8.self) != nil else { throw .text }
    record.detail = start..<reader.position
  }

  @usableFromInline
  mutating func readExtensions(_ record: inout RawRecord) throws(WireError) {
    var extensions = ByteReader(try reader.lengthPrefixed())
    while extensions.remaining > 0 {
      let key = try extensions.varint()
      var value = ByteReader(try extensions.lengthPrefixed())
      switch key {
      case RecordFlag.requestKey: record.request = try value.identifier()
      case RecordFlag.reasonKey: record.reason = try value.varint()
      case RecordFlag.addressKey: record.address = IPAddress(try value.view(value.remaining))
      default: break
      }
    }
  }

  /// The detail of a record that this reader gave.
  public func detail(of record: RawRecord) -> String {
    guard record.flags & RecordFlag.failure != 0 else { return "" }
    return String(decoding: content[record.detail], as: UTF8.self)
  }

  /// The record as a value, or `nil` where it is out of range.
  public func value(of record: RawRecord) -> ProbeRecord? {
    guard record.isInRange else { return nil }
    var failure: Failure?
    if record.flags & RecordFlag.failure != 0 {
      guard let failureClass = FailureClass(rawValue: record.failureClass) else { return nil }
      failure = Failure(
        Reason(number: record.reason, of: failureClass), curlCode: record.curlCode,
        detail: detail(of: record))
    }
    let outcome: Outcome
    if record.flags & RecordFlag.ok == 0 {
      guard let failure else { return nil }
      outcome = .failed(failure)
    } else {
      outcome = record.flags & RecordFlag.degraded != 0 ? .degraded(failure) : .up
    }
    var value = ProbeRecord(
      slot: record.slot, startedAtMs: record.startedAtMs, total: UInt32(record.total),
      outcome: outcome)
    if record.flags & RecordFlag.phases != 0 {
      value.phases = Phases(
        dns: UInt32(record.dns), connect: UInt32(record.connect), tls: UInt32(record.tls),
        firstByte: UInt32(record.firstByte))
    }
    if record.flags & RecordFlag.status != 0 { value.status = UInt16(record.status) }
    if record.flags & RecordFlag.certificate != 0 {
      value.certificateDays = Int32(record.certificateDays)
    }
    if record.request != .zero { value.request = record.request }
    value.address = record.address
    return value
  }
}
