import Model

/// The beginning of a RESULTS body, which is signed once, when it is spooled.
///
/// ```
/// stream 16 | sequence 8 | agent 16 | key 4 | boot 16 | base 8 | clock offset zigzag
/// | clock error varint | assignment revision varint | kind 1 | count varint | content | code 32
/// ```
/// The content is records (``RecordReader``), a ``Skip``, or ``Evidence``, by the kind.
public struct ResultsHeader: Hashable, Sendable {
  /// Bytes before the first varint.
  static let fixedCount = 16 + 8 + 16 + 4 + 16 + 8

  public var stream: StreamID
  /// The batch's place in its stream; the first is 1. A skip's is the last it covers.
  public var sequence: UInt64
  public var agent: AgentID
  public var keyID: UInt32
  public var boot: BootID
  /// The moment from which the first record's start is counted: milliseconds of agent time.
  public var baseMs: Int64
  /// Collector time less agent time, in milliseconds.
  public var clockOffsetMs: Int64
  /// How far the offset may be off; ``unknownClockError`` before the first measure.
  public var clockErrorMs: UInt64
  public var assignmentRevision: UInt64
  public var kind: Kind
  /// Records, or pieces of evidence; 0 in a skip.
  public var count: Int

  /// What a RESULTS body holds.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case records = 0
    case skip = 1
    case evidence = 2
  }

  /// The clock error before the first measure of the offset.
  public static let unknownClockError: UInt64 = 4_294_967_295

  /// The fewest bytes that one record or piece of evidence takes.
  static let minimumItemBytes = 4

  public init(
    stream: StreamID, sequence: UInt64, agent: AgentID, keyID: UInt32, boot: BootID,
    baseMs: Int64, clockOffsetMs: Int64, clockErrorMs: UInt64, assignmentRevision: UInt64,
    kind: Kind, count: Int
  ) {
    self.stream = stream
    self.sequence = sequence
    self.agent = agent
    self.keyID = keyID
    self.boot = boot
    self.baseMs = baseMs
    self.clockOffsetMs = clockOffsetMs
    self.clockErrorMs = clockErrorMs
    self.assignmentRevision = assignmentRevision
    self.kind = kind
    self.count = count
  }

  /// Reads the header and leaves the reader before the content; the reader must not hold the code.
  public init(from reader: inout ByteReader) throws(WireError) {
    stream = try reader.identifier()
    sequence = try reader.uint64()
    guard sequence >= 1, sequence <= UInt64(Int64.max) else { throw .value }
    agent = try reader.identifier()
    keyID = try reader.uint32()
    boot = try reader.identifier()
    baseMs = try reader.milliseconds()
    clockOffsetMs = try reader.zigzag()
    clockErrorMs = try reader.varint()
    assignmentRevision = try reader.varint()
    guard let kind = Kind(rawValue: try reader.uint8()) else { throw .value }
    self.kind = kind
    count = try reader.count(minimumBytes: Self.minimumItemBytes)
    guard kind != .skip || count == 0 else { throw .value }
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(stream)
    writer.uint64(sequence)
    writer.identifier(agent)
    writer.uint32(keyID)
    writer.identifier(boot)
    writer.milliseconds(baseMs)
    writer.zigzag(clockOffsetMs)
    writer.varint(clockErrorMs)
    writer.varint(assignmentRevision)
    writer.uint8(kind.rawValue)
    writer.count(count)
  }
}

/// A RESULTS body, taken apart in place: nothing is copied, and the view must not be outlived.
public struct ResultsBody {
  public let header: ResultsHeader
  /// The content behind the header.
  public let content: UnsafeRawBufferPointer
  /// What the code covers: all that stands before it.
  public let signed: UnsafeRawBufferPointer
  /// The 32 bytes that end the body.
  public let code: UnsafeRawBufferPointer

  /// Reads the header; the content is not looked at yet.
  public init(decoding body: UnsafeRawBufferPointer) throws(WireError) {
    guard body.count >= bodyCodeCount else { throw .truncated }
    let end = body.count - bodyCodeCount
    signed = UnsafeRawBufferPointer(rebasing: body[..<end])
    code = UnsafeRawBufferPointer(rebasing: body[end...])
    var reader = ByteReader(signed)
    header = try ResultsHeader(from: &reader)
    content = UnsafeRawBufferPointer(rebasing: signed[reader.position...])
  }

  /// A reader of the records, for kind ``ResultsHeader/Kind/records``.
  public var records: RecordReader {
    RecordReader(content, count: header.count, baseMs: header.baseMs)
  }
}

/// The content of a RESULTS body of kind skip: sequences that will never come, and why.
public struct Skip: Hashable, Sendable {
  /// The first sequence of the hole; its last is the header's.
  public var first: UInt64
  /// How many results were in it, as far as is known.
  public var results: UInt64
  /// Agent time of the first and the last result in it, in milliseconds.
  public var fromMs: Int64
  public var toMs: Int64
  public var reason: Reason

  /// Why results were given up.
  public enum Reason: UInt8, Sendable, CaseIterable {
    /// The spool had no more room.
    case space = 1
    /// They were older than the spool keeps.
    case age = 2
    /// Their bytes on disk were damaged.
    case corrupt = 3
    /// The collector will never take the batch.
    case refused = 4
    /// The disk did not confirm them.
    case unsynced = 5
  }

  public init(first: UInt64, results: UInt64, fromMs: Int64, toMs: Int64, reason: Reason) {
    self.first = first
    self.results = results
    self.fromMs = fromMs
    self.toMs = toMs
    self.reason = reason
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    first = try reader.varint()
    guard first >= 1 else { throw .value }
    results = try reader.varint()
    fromMs = try reader.milliseconds()
    toMs = try reader.milliseconds()
    guard let reason = Reason(rawValue: try reader.uint8()) else { throw .value }
    self.reason = reason
  }

  public func encode(to writer: inout ByteWriter) {
    writer.varint(first)
    writer.varint(results)
    writer.milliseconds(fromMs)
    writer.milliseconds(toMs)
    writer.uint8(reason.rawValue)
  }
}
