import AgentCore
import Model
import Wire

/// The bytes of one batch in a segment file, and the search for them in what is left of one.
///
/// ```
/// offset  size  field
///      0     4  length of the body, big-endian
///      4     4  CRC-32C over the four length bytes and the body, big-endian
///      8     n  a RESULTS body: stream 16, sequence 8, ...
/// ```
enum Segment {
  static let headerCount = 8
  /// No body is longer: what says so is damage.
  static let bodyLimit = Int(FrameType.results.lengthLimit)
  /// No body is shorter: stream, sequence and the code that ends it.
  static let bodyMinimum = 24 + bodyCodeCount

  /// No sequence is higher: what says so is damage.
  static let sequenceLimit = UInt64(Int64.max)

  /// The record that holds `body`.
  static func encode(_ body: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: headerCount + body.count)
    writer.uint32(UInt32(body.count))
    writer.uint32(checksum(body))
    writer.raw(body)
    return writer.bytes
  }

  private static func checksum(_ body: [UInt8]) -> UInt32 {
    let length = UInt32(body.count).bigEndian
    let first = withUnsafeBytes(of: length) { CRC32C.checksum($0) }
    return body.withUnsafeBytes { CRC32C.checksum($0, after: first) }
  }

  /// The body of the record that begins at `offset`; `nil` if none does.
  static func body(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, bytes.count - offset >= headerCount else { return nil }
    let length = Int(
      UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    guard (bodyMinimum...bodyLimit).contains(length),
      bytes.count - offset - headerCount >= length
    else { return nil }
    let expected = UInt32(
      bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
    let start = offset + headerCount
    let body = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
    let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4]))
    return CRC32C.checksum(body, after: first) == expected ? body : nil
  }

  /// What a whole segment holds.
  struct Scan {
    var entries: [Entry] = []
    /// Whether bytes between good records, or before them, are damaged.
    var isDamagedInside = false
    /// Where the last good record ends; what follows is torn or damaged.
    var goodEnd = 0
    var size = 0
  }

  /// Finds every good record of `stream`, also behind damage.
  static func scan(_ bytes: UnsafeRawBufferPointer, stream: StreamID, file: Int) -> Scan {
    var scan = Scan(size: bytes.count)
    let name = stream.bytes
    var offset = 0
    while offset < bytes.count {
      if let body = body(in: bytes, at: offset),
        let entry = Entry(body, stream: stream, file: file, offset: offset)
      {
        if offset > scan.goodEnd { scan.isDamagedInside = true }
        scan.entries.append(entry)
        offset += headerCount + body.count
        scan.goodEnd = offset
      } else {
        guard let next = find(name, in: bytes, from: offset + headerCount + 1) else { break }
        offset = next - headerCount
      }
    }
    return scan
  }

  private static func find(
    _ name: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    guard let first = name.first, bytes.count >= name.count else { return nil }
    var position = start
    while position <= bytes.count - name.count {
      if bytes[position] == first,
        bytes[position..<position + name.count].elementsEqual(name)
      {
        return position
      }
      position += 1
    }
    return nil
  }
}

/// One batch in the spool: what it is and where it lies.
struct Entry: Equatable {
  var sequence: UInt64
  /// Of a skip, the first that it covers; else `sequence`.
  var first: UInt64
  /// Which of the stream's files holds it.
  var file: Int
  var offset: Int
  /// Of the body.
  var length: Int
  var baseMs: Int64
  var isSkip: Bool
  var isEvidence: Bool
  /// Of evidence, the batches that it is about.
  var about: [BatchSpan]
  var boot: BootID

  /// Reads what the spool needs to know from a body; `nil` if it is not one of `stream`'s.
  init?(_ body: UnsafeRawBufferPointer, stream: StreamID, file: Int, offset: Int) {
    guard let results = try? ResultsBody(decoding: body), results.header.stream == stream else {
      return nil
    }
    sequence = results.header.sequence
    first = sequence
    isSkip = results.header.kind == .skip
    isEvidence = results.header.kind == .evidence
    about = isEvidence ? EvidenceContent.spans(of: results) : []
    if isSkip {
      var reader = ByteReader(results.content)
      guard let skip = try? Skip(from: &reader), skip.first <= sequence else { return nil }
      first = skip.first
    }
    guard first >= 1, sequence <= Segment.sequenceLimit else { return nil }
    self.file = file
    self.offset = offset
    length = body.count
    baseMs = results.header.baseMs
    boot = results.header.boot
  }
}
