/// Which record a piece of evidence is about, in the agent's own words: what is enough to find it among
/// all that is stored, and to find the organization with it.
///
/// As a part: `slot 8 | started_at ms8`, the start in agent time.
public struct EvidenceRecord: Hashable, Sendable {
  public var slot: UInt64
  public var startedAtMs: Int64

  public init(slot: UInt64, startedAtMs: Int64) {
    self.slot = slot
    self.startedAtMs = startedAtMs
  }

  /// Reads a part; `nil` for one of another length or kind, or with a time below 0.
  public init?(_ part: Evidence.Part) {
    guard part.kind == Evidence.PartKind.record.rawValue, part.bytes.count == 16 else { return nil }
    let read = part.bytes.withUnsafeBytes { view -> EvidenceRecord? in
      var reader = ByteReader(view)
      guard let slot = try? reader.uint64(), let startedAtMs = try? reader.milliseconds() else {
        return nil
      }
      return EvidenceRecord(slot: slot, startedAtMs: startedAtMs)
    }
    guard let read else { return nil }
    self = read
  }

  public var part: Evidence.Part {
    var writer = ByteWriter()
    writer.uint64(slot)
    writer.milliseconds(startedAtMs)
    return Evidence.Part(kind: Evidence.PartKind.record.rawValue, bytes: writer.bytes)
  }
}
