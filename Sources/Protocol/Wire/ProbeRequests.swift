import Model

/// PROBE_NOW: ask this at once, and answer outside the batches' rhythm.
public struct ProbeNow: FrameBody {
  public static let type = FrameType.probeNow

  public var id: ProbeRequestID
  /// The whole target; its slot is 0 where the agent is not assigned it, and the record is then not
  /// stored as a monitor's.
  public var target: AssignedTarget
  /// How long the probe may take, counted from its own start, in milliseconds.
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
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(id)
    TargetCodec.encode(target, to: &writer)
    writer.milliseconds(deadlineMs)
  }
}

/// PROBE_DONE: the RESULTS frame before this one holds the record that was asked for.
public struct ProbeDone: FrameBody {
  public static let type = FrameType.probeDone

  public var id: ProbeRequestID
  /// The batch that holds the record; zeros for what was dropped or expired.
  public var stream: StreamID
  public var sequence: UInt64

  public init(id: ProbeRequestID, stream: StreamID, sequence: UInt64) {
    self.id = id
    self.stream = stream
    self.sequence = sequence
  }

  /// Whether the probe was not made.
  public var isDropped: Bool { stream == .zero && sequence == 0 }

  public init(from reader: inout ByteReader) throws(WireError) {
    id = try reader.identifier()
    stream = try reader.identifier()
    sequence = try reader.uint64()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(id)
    writer.identifier(stream)
    writer.uint64(sequence)
  }
}

/// OVERDUE: a probe takes much longer than it usually does; sent once for it.
public struct Overdue: FrameBody {
  public static let type = FrameType.overdue

  public var slot: UInt64
  public var runningMs: UInt64

  public init(slot: UInt64, runningMs: UInt64) {
    self.slot = slot
    self.runningMs = runningMs
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    slot = try reader.varint()
    runningMs = try reader.varint()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.varint(slot)
    writer.varint(runningMs)
  }
}
