import Model

/// One item of a RESULTS body of kind evidence: what an agent saw behind one record.
public struct Evidence: Hashable, Sendable {
  /// The batch and the place in it of the record that this belongs to.
  public var stream: StreamID
  public var sequence: UInt64
  public var index: UInt64
  public var parts: [Part]

  /// One thing that was seen.
  public struct Part: Hashable, Sendable {
    /// A ``PartKind``'s number, or one of a later version.
    public var kind: UInt8
    public var bytes: [UInt8]

    public init(kind: UInt8, bytes: [UInt8]) {
      self.kind = kind
      self.bytes = bytes
    }
  }

  /// What a part holds.
  public enum PartKind: UInt8, Sendable, CaseIterable {
    case address = 1
    case presence = 2
    case headers = 3
    case bodyExcerpt = 4
    case certificateChain = 5
    case resolver = 6
    case attempts = 7
    case traceroute = 8
    /// An ``EvidenceRecord``.
    case record = 9
  }

  public init(stream: StreamID, sequence: UInt64, index: UInt64, parts: [Part]) {
    self.stream = stream
    self.sequence = sequence
    self.index = index
    self.parts = parts
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    stream = try reader.identifier()
    sequence = try reader.uint64()
    index = try reader.varint()
    let count = try reader.count(minimumBytes: 2)
    parts = []
    for _ in 0..<count {
      let kind = try reader.uint8()
      parts.append(Part(kind: kind, bytes: Array(try reader.lengthPrefixed())))
    }
  }

  public func encode(to writer: inout ByteWriter) {
    writer.identifier(stream)
    writer.uint64(sequence)
    writer.varint(index)
    writer.count(parts.count)
    for part in parts {
      writer.uint8(part.kind)
      writer.lengthPrefixed(part.bytes)
    }
  }

  /// All the items of a body of kind evidence.
  public static func items(of body: ResultsBody) throws(WireError) -> [Evidence] {
    var reader = ByteReader(body.content)
    var items: [Evidence] = []
    for _ in 0..<body.header.count { items.append(try Evidence(from: &reader)) }
    return items
  }
}
