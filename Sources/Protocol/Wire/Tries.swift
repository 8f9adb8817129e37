import Model

/// TRY: ask this once for somebody who waits for the answer, and keep nothing of it.
///
/// Sent only to an agent whose HELLO has ``Features/tries``; others skip it.
public struct Try: FrameBody {
  public static let type = FrameType.try
  /// The longest deadline, in milliseconds.
  public static let mostDeadlineMs: Int64 = 120_000

  public var id: ProbeRequestID
  /// What is asked. Its slot is 0: it is no monitor's.
  public var target: AssignedTarget
  /// How long the probe may take, counted from its own start, in milliseconds; 1 to
  /// ``mostDeadlineMs``.
  public var deadlineMs: Int64

  public init(id: ProbeRequestID, target: AssignedTarget, deadlineMs: Int64) {
    self.id = id
    self.target = target
    self.deadlineMs = deadlineMs
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    id = try reader.identifier()
    target = try TargetCodec.decode(from: &reader)
    deadlineMs = try reader.milliseconds()
    guard target.slot == 0, 1...Self.mostDeadlineMs ~= deadlineMs else { throw .value }
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(id)
    TargetCodec.encode(target, to: &writer)
    writer.milliseconds(deadlineMs)
  }
}

/// TRIED: what came of a TRY.
public struct Tried: FrameBody {
  public static let type = FrameType.tried
  /// The most bytes of ``attempts``.
  public static let attemptsLimit = 4 << 10

  public var id: ProbeRequestID
  /// Its slot is 0; a failure of class `agent` says that nothing was learned about the target.
  public var record: ProbeRecord
  /// As ``Evidence/PartKind/attempts`` has them; empty where there is nothing to tell.
  public var attempts: [UInt8]

  public init(id: ProbeRequestID, record: ProbeRecord, attempts: [UInt8]) {
    self.id = id
    self.record = record
    self.attempts = attempts
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    id = try reader.identifier()
    let content = try reader.lengthPrefixed()
    var records = RecordReader(content, count: 1, baseMs: 0)
    var raw = RawRecord()
    guard try records.next(&raw), let record = records.value(of: raw), record.slot == 0 else {
      throw .value
    }
    self.record = record
    let attempts = try reader.lengthPrefixed()
    guard attempts.count <= Self.attemptsLimit else { throw .value }
    self.attempts = Array(attempts)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(id)
    var content = ByteWriter(capacity: 64)
    RecordWriter.append(record, previousMs: 0, to: &content)
    writer.lengthPrefixed(content.bytes)
    writer.lengthPrefixed(Array(attempts.prefix(Self.attemptsLimit)))
  }
}

/// Bits of what an agent can do beyond version 1, in HELLO; those of CHALLENGE the collector will use.
public enum Features {
  /// It takes TRY.
  public static let tries: UInt32 = 2
}
