import Model
import Wire

/// The targets that an agent holds, at one revision, and the parts of the next that have come.
public struct AssignmentTable: Sendable {
  /// 0 before the first assignment.
  public private(set) var revision: UInt64 = 0
  private var entries: [UInt64: Entry] = [:]
  private var incoming: Incoming?

  private struct Entry: Sendable {
    var target: AssignedTarget
    /// As it came, so that a later version of the agent may understand more of it.
    var bytes: [UInt8]
  }

  private struct Incoming: Sendable {
    var revision: UInt64
    var parts: UInt32
    var next: UInt32
    var entries: [UInt64: Entry]
  }

  public init() {}

  /// The targets that make records, ordered by slot.
  public var targets: [AssignedTarget] { all.filter { !$0.isCanary } }

  /// The canaries that count, ordered by slot.
  public var canaries: [AssignedTarget] {
    Array(all.filter(\.isCanary).prefix(Alive.mostCanaries))
  }

  private var all: [AssignedTarget] {
    entries.values.map(\.target).sorted { $0.slot < $1.slot }
  }

  /// How many targets make records.
  public var count: Int { entries.values.count { !$0.target.isCanary } }

  public func holds(_ slot: UInt64) -> Bool { entries[slot] != nil }

  /// What an assignment frame led to.
  public enum Change: Equatable, Sendable {
    /// The table has changed: store it, obey it, and say so.
    case applied
    /// More parts are to come.
    case incomplete
    /// The delta does not build on what is held.
    case needFull
  }

  /// Takes the body of one ASSIGN_FULL. Parts come in order; one out of order asks for all again.
  public mutating func takeFull(
    _ body: UnsafeRawBufferPointer
  ) throws(WireError) -> Change {
    var reader = ByteReader(body)
    let revision = try reader.uint64()
    let part = try reader.varint32()
    let parts = try reader.varint32()
    guard part < parts else { throw .value }
    let found = try Self.entries(in: body, &reader)
    if part == 0 {
      incoming = Incoming(revision: revision, parts: parts, next: 0, entries: [:])
    }
    guard var whole = incoming, whole.revision == revision, whole.parts == parts,
      whole.next == part
    else {
      incoming = nil
      return .needFull
    }
    for entry in found { whole.entries[entry.target.slot] = entry }
    whole.next += 1
    guard whole.next == whole.parts else {
      incoming = whole
      return .incomplete
    }
    incoming = nil
    self.revision = revision
    entries = whole.entries
    return .applied
  }

  /// Takes the body of one ASSIGN_DELTA.
  public mutating func takeDelta(
    _ body: UnsafeRawBufferPointer
  ) throws(WireError) -> Change {
    var reader = ByteReader(body)
    let base = try reader.uint64()
    let revision = try reader.uint64()
    let upserts = try Self.entries(in: body, &reader)
    var removals: [UInt64] = []
    for _ in 0..<(try reader.count(minimumBytes: 1)) { removals.append(try reader.varint()) }
    guard base == self.revision, incoming == nil else { return .needFull }
    for entry in upserts { entries[entry.target.slot] = entry }
    for slot in removals { entries[slot] = nil }
    self.revision = revision
    return .applied
  }

  /// The whole table in the form of one ASSIGN_FULL body, whatever its size, for keeping on disk.
  public func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 1024)
    writer.uint64(revision)
    writer.varint(UInt64(0))
    writer.varint(UInt64(1))
    writer.count(entries.count)
    for (_, entry) in entries.sorted(by: { $0.key < $1.key }) { writer.raw(entry.bytes) }
    return writer.bytes
  }

  private static func entries(
    in body: UnsafeRawBufferPointer, _ reader: inout ByteReader
  ) throws(WireError) -> [Entry] {
    let count = try reader.count(minimumBytes: 21)
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      let start = reader.position
      let target = try TargetCodec.decode(from: &reader)
      entries.append(Entry(target: target, bytes: Array(body[start..<reader.position])))
    }
    return entries
  }
}
