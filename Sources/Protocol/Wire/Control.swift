import Model

/// Reasons for ending a session or a connection.
public enum EndCode: UInt8, Sendable, CaseIterable {
  case malformed = 1
  case version = 2
  /// The token, proof, agent or key is not accepted; which of them is not told.
  case auth = 3
  case revoked = 4
  /// A newer session of the same agent took over.
  case replaced = 5
  case overload = 6
  case shutdown = 7
  case timeout = 8
  case `internal` = 9
}

/// The body of ERROR and GOAWAY: why it ends, and when to come back.
public struct End: Hashable, Sendable {
  /// `nil` for a code of a later version.
  public var code: EndCode? { EndCode(rawValue: number) }
  public var number: UInt8
  /// The range from which the agent draws the time before it comes back, in milliseconds.
  public var minimumDelayMs: UInt32
  public var maximumDelayMs: UInt32
  public var message: String

  public init(
    _ code: EndCode, minimumDelayMs: UInt32 = 0, maximumDelayMs: UInt32 = 0, message: String
  ) {
    number = code.rawValue
    self.minimumDelayMs = minimumDelayMs
    self.maximumDelayMs = maximumDelayMs
    self.message = message
  }

  fileprivate init(from reader: inout ByteReader) throws(WireError) {
    number = try reader.uint8()
    minimumDelayMs = try reader.uint32()
    maximumDelayMs = try reader.uint32()
    guard minimumDelayMs <= maximumDelayMs else { throw .value }
    message = try reader.string(limit: TextLimit.message)
  }

  fileprivate func encode(to writer: inout ByteWriter) {
    writer.uint8(number)
    writer.uint32(minimumDelayMs)
    writer.uint32(maximumDelayMs)
    writer.string(message, limit: TextLimit.message)
  }
}

/// ERROR: the connection ends here.
public struct ErrorFrame: FrameBody {
  public static let type = FrameType.error
  public var end: End

  public init(_ end: End) { self.end = end }
  public init(from reader: inout ByteReader) throws(WireError) { end = try End(from: &reader) }
  public func encode(to writer: inout ByteWriter) { end.encode(to: &writer) }
}

/// GOAWAY: send no more, take the acks that still come, close, and return after a while.
public struct GoAway: FrameBody {
  public static let type = FrameType.goAway
  public var end: End

  public init(_ end: End) { self.end = end }
  public init(from reader: inout ByteReader) throws(WireError) { end = try End(from: &reader) }
  public func encode(to writer: inout ByteWriter) { end.encode(to: &writer) }
}

/// PING: is the other side there?
public struct Ping: FrameBody {
  public static let type = FrameType.ping
  public var token: UInt64

  public init(token: UInt64) { self.token = token }
  public init(from reader: inout ByteReader) throws(WireError) { token = try reader.uint64() }
  public func encode(to writer: inout ByteWriter) { writer.uint64(token) }
}

/// PONG: the answer to PING, with its token.
public struct Pong: FrameBody {
  public static let type = FrameType.pong
  public var token: UInt64

  public init(token: UInt64) { self.token = token }
  public init(from reader: inout ByteReader) throws(WireError) { token = try reader.uint64() }
  public func encode(to writer: inout ByteWriter) { writer.uint64(token) }
}

/// TIME_REQ: what is the collector's time? `t1` is agent time.
public struct TimeRequest: FrameBody {
  public static let type = FrameType.timeRequest
  /// Milliseconds of agent time at sending.
  public var t1: Int64

  public init(t1: Int64) { self.t1 = t1 }
  public init(from reader: inout ByteReader) throws(WireError) { t1 = try reader.milliseconds() }
  public func encode(to writer: inout ByteWriter) { writer.milliseconds(t1) }
}

/// TIME_RSP: `t1` back, and collector time at receipt and at answering, in milliseconds.
public struct TimeResponse: FrameBody {
  public static let type = FrameType.timeResponse
  public var t1: Int64
  public var t2: Int64
  public var t3: Int64

  public init(t1: Int64, t2: Int64, t3: Int64) {
    self.t1 = t1
    self.t2 = t2
    self.t3 = t3
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    t1 = try reader.milliseconds()
    t2 = try reader.milliseconds()
    t3 = try reader.milliseconds()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.milliseconds(t1)
    writer.milliseconds(t2)
    writer.milliseconds(t3)
  }
}

/// ALIVE: how the agent stands; every five seconds and with every change.
public struct Alive: FrameBody {
  public static let type = FrameType.alive
  /// The most canaries that it can speak of.
  public static let mostCanaries = 8

  public var assignmentRevision: UInt64
  /// Everything due before this moment of agent time (ms) has been acked.
  public var watermarkMs: Int64
  /// Agent time now, in milliseconds.
  public var nowMs: Int64
  /// The 99th percentile of how late the prober's loop wakes, in milliseconds.
  public var loopLagMs: UInt64
  /// Two bitmaps of eight canaries, the n-th bit for the n-th in the order of their slots. High byte:
  /// those that the agent asks; low byte: those that failed in the last set that has finished.
  public var canaries: UInt16
  /// Steps of the wall clock seen since the process began.
  public var clockSteps: UInt64
  /// Targets whose last probe failed.
  public var failingTargets: UInt64
  public var spoolBytes: UInt64
  /// Results given up since the process began.
  public var droppedResults: UInt64
  /// When the last finished set of canaries began, agent time (ms); 0 where none has finished since
  /// the process began, and in the frame of an older agent, which ends before it.
  public var canarySetMs: Int64

  public init(
    assignmentRevision: UInt64, watermarkMs: Int64, nowMs: Int64, loopLagMs: UInt64,
    canaries: UInt16 = 0, clockSteps: UInt64 = 0, failingTargets: UInt64, spoolBytes: UInt64,
    droppedResults: UInt64, canarySetMs: Int64 = 0
  ) {
    self.assignmentRevision = assignmentRevision
    self.watermarkMs = watermarkMs
    self.nowMs = nowMs
    self.loopLagMs = loopLagMs
    self.canaries = canaries
    self.clockSteps = clockSteps
    self.failingTargets = failingTargets
    self.spoolBytes = spoolBytes
    self.droppedResults = droppedResults
    self.canarySetMs = canarySetMs
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    assignmentRevision = try reader.varint()
    watermarkMs = try reader.milliseconds()
    nowMs = try reader.milliseconds()
    loopLagMs = try reader.varint()
    canaries = try reader.uint16()
    clockSteps = try reader.varint()
    failingTargets = try reader.varint()
    spoolBytes = try reader.varint()
    droppedResults = try reader.varint()
    canarySetMs = reader.remaining == 0 ? 0 : try reader.milliseconds()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.varint(assignmentRevision)
    writer.milliseconds(watermarkMs)
    writer.milliseconds(nowMs)
    writer.varint(loopLagMs)
    writer.uint16(canaries)
    writer.varint(clockSteps)
    writer.varint(failingTargets)
    writer.varint(spoolBytes)
    writer.varint(droppedResults)
    writer.milliseconds(canarySetMs)
  }
}
