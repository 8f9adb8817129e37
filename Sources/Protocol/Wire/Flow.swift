import Model

/// CREDIT: how much may be in flight, absolutely; it replaces the last that was given.
public struct Credit: FrameBody {
  public static let type = FrameType.credit

  /// The most RESULTS bytes that may be unanswered.
  public var bytes: UInt32
  /// The most RESULTS frames that may be unanswered.
  public var batches: UInt16

  public init(bytes: UInt32, batches: UInt16) {
    self.bytes = bytes
    self.batches = batches
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    bytes = try reader.uint32()
    batches = try reader.uint16()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint32(bytes)
    writer.uint16(batches)
  }
}

/// ACK: everything of a stream up to and including `committed` is stored for good.
public struct Ack: FrameBody {
  public static let type = FrameType.ack

  public var stream: StreamID
  public var committed: UInt64
  public var credit: Credit
  /// Records that were not acceptable by themselves, since this stream's last ACK.
  public var rejected: UInt64

  public init(stream: StreamID, committed: UInt64, credit: Credit, rejected: UInt64) {
    self.stream = stream
    self.committed = committed
    self.credit = credit
    self.rejected = rejected
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    stream = try reader.identifier()
    committed = try reader.uint64()
    credit = try Credit(from: &reader)
    rejected = try reader.varint()
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(stream)
    writer.uint64(committed)
    credit.encode(to: &writer)
    writer.varint(rejected)
  }
}

/// NACK: one batch was not stored, and why.
public struct Nack: FrameBody {
  public static let type = FrameType.nack

  public var stream: StreamID
  public var sequence: UInt64
  public var code: Code
  /// The sequence that would be accepted: committed + 1.
  public var expected: UInt64
  /// How long to wait before sending again, for the codes that pass.
  public var retryMs: UInt32
  public var message: String

  /// Why a batch was not stored.
  public enum Code: UInt8, Sendable, CaseIterable {
    /// Batches before it are missing.
    case gap = 1
    /// Another batch with this sequence is stored already.
    case fork = 2
    case badSignature = 3
    case malformed = 4
    case tooOld = 5
    /// More was sent than the credit allows, or the collector can't take it now.
    case busy = 6
    case revoked = 7
    case wrongAgent = 8

    /// Whether the same batch may succeed later.
    public var isTransient: Bool {
      switch self {
      case .gap, .busy: true
      case .fork, .badSignature, .malformed, .tooOld, .revoked, .wrongAgent: false
      }
    }
  }

  public init(
    stream: StreamID, sequence: UInt64, code: Code, expected: UInt64, retryMs: UInt32 = 0,
    message: String
  ) {
    self.stream = stream
    self.sequence = sequence
    self.code = code
    self.expected = expected
    self.retryMs = retryMs
    self.message = message
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    stream = try reader.identifier()
    sequence = try reader.uint64()
    guard let code = Code(rawValue: try reader.uint8()) else { throw .value }
    self.code = code
    expected = try reader.uint64()
    retryMs = try reader.uint32()
    message = try reader.string(limit: TextLimit.message)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(stream)
    writer.uint64(sequence)
    writer.uint8(code.rawValue)
    writer.uint64(expected)
    writer.uint32(retryMs)
    writer.string(message, limit: TextLimit.message)
  }
}
