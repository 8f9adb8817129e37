import Model

/// ASSIGN_FULL: one part of an agent's whole assignment. It takes effect when all parts of one
/// revision are there.
public struct AssignFull: FrameBody {
  public static let type = FrameType.assignFull

  public var revision: UInt64
  /// Which part this is, from 0.
  public var part: UInt32
  /// How many parts there are; at least 1.
  public var parts: UInt32
  public var targets: [AssignedTarget]

  public init(revision: UInt64, part: UInt32, parts: UInt32, targets: [AssignedTarget]) {
    self.revision = revision
    self.part = part
    self.parts = parts
    self.targets = targets
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    revision = try reader.uint64()
    part = try reader.varint32()
    parts = try reader.varint32()
    guard part < parts else { throw .value }
    targets = try TargetCodec.list(from: &reader)
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint64(revision)
    writer.varint(part)
    writer.varint(parts)
    TargetCodec.encode(targets, to: &writer)
  }

  /// A whole assignment in as many parts as its size demands; at least one.
  public static func parts(revision: UInt64, _ targets: [AssignedTarget]) -> [AssignFull] {
    let room = Int(FrameType.assignFull.lengthLimit) - 64
    var groups: [[AssignedTarget]] = [[]]
    var used = 0
    for target in targets {
      var writer = ByteWriter()
      TargetCodec.encode(target, to: &writer)
      if used + writer.count > room {
        groups.append([])
        used = 0
      }
      groups[groups.count - 1].append(target)
      used += writer.count
    }
    return groups.enumerated().map { index, group in
      AssignFull(
        revision: revision, part: UInt32(index), parts: UInt32(groups.count), targets: group)
    }
  }
}

/// ASSIGN_DELTA: what changed from one revision of an assignment to another.
public struct AssignDelta: FrameBody {
  public static let type = FrameType.assignDelta

  /// The revision that the agent must hold for this to apply.
  public var baseRevision: UInt64
  public var revision: UInt64
  /// Targets that are new or changed.
  public var upserts: [AssignedTarget]
  /// Slots that are no longer assigned.
  public var removals: [UInt64]

  public init(
    baseRevision: UInt64, revision: UInt64, upserts: [AssignedTarget], removals: [UInt64]
  ) {
    self.baseRevision = baseRevision
    self.revision = revision
    self.upserts = upserts
    self.removals = removals
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    baseRevision = try reader.uint64()
    revision = try reader.uint64()
    upserts = try TargetCodec.list(from: &reader)
    let count = try reader.count(minimumBytes: 1)
    removals = []
    removals.reserveCapacity(count)
    for _ in 0..<count { removals.append(try reader.varint()) }
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint64(baseRevision)
    writer.uint64(revision)
    TargetCodec.encode(upserts, to: &writer)
    writer.count(removals.count)
    for slot in removals { writer.varint(slot) }
  }

  /// Whether the delta fits one frame; where it does not, the whole assignment is sent.
  public var fitsOneFrame: Bool {
    encoded().count + Frame.headerCount + Frame.tagCount <= Int(FrameType.assignDelta.lengthLimit)
  }
}

/// ASSIGN_ACK: which revision the agent holds now.
public struct AssignAck: FrameBody {
  public static let type = FrameType.assignAck

  public var revision: UInt64
  public var status: Status

  /// What became of an assignment.
  public enum Status: UInt8, Sendable, CaseIterable {
    case applied = 0
    /// A delta did not fit what the agent holds.
    case needFull = 1
    case refused = 2
  }

  public init(revision: UInt64, status: Status) {
    self.revision = revision
    self.status = status
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    revision = try reader.uint64()
    guard let status = Status(rawValue: try reader.uint8()) else { throw .value }
    self.status = status
  }

  public func encode(to writer: inout ByteWriter) {
    writer.uint64(revision)
    writer.uint8(status.rawValue)
  }
}
