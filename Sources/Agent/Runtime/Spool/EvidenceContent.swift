import AgentCore
import Model
import Wire

/// What the spool must know of a body of evidence, without a copy of what was seen.
enum EvidenceContent {
  /// The batches that a body's pieces are about; none where it does not decode.
  static func spans(of results: ResultsBody) -> [BatchSpan] {
    var reader = ByteReader(results.content)
    var names: [BatchName] = []
    for _ in 0..<results.header.count {
      guard let name = try? name(&reader) else { return [] }
      names.append(name)
    }
    return BatchSpan.spans(of: names)
  }

  private static func name(_ reader: inout ByteReader) throws(WireError) -> BatchName {
    let name = BatchName(stream: try reader.identifier(), sequence: try reader.uint64())
    _ = try reader.varint()
    for _ in 0..<(try reader.count(minimumBytes: 2)) {
      _ = try reader.uint8()
      _ = try reader.lengthPrefixed()
    }
    return name
  }
}
