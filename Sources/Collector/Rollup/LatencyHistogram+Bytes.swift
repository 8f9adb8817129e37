import Wire

/// Its bytes:
///
/// ```
/// version 1 (= 1) | sum varint (µs) | classes varint
/// | for each, ascending: number less the one before varint (the first: its number) | count varint
/// ```
///
/// One latency takes about 8 bytes. Equal histograms have equal bytes.
extension LatencyHistogram {
  static let version: UInt8 = 1

  /// Why bytes are no histogram.
  public enum Unreadable: Error, Hashable, Sendable {
    /// Written by a version that is not known here.
    case version(UInt8)
    case malformed
  }

  public var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 16 + 3 * filled.count)
    write(into: &writer)
    return writer.bytes
  }

  /// Appends its bytes.
  public func write(into writer: inout ByteWriter) {
    writer.uint8(Self.version)
    writer.varint(sumUs)
    writer.count(filled.count)
    var before: UInt16 = 0
    for entry in filled {
      writer.varint(UInt64(entry.number - before))
      writer.varint(entry.count)
      before = entry.number
    }
  }

  /// From bytes that hold it and nothing else.
  public init(bytes: [UInt8]) throws(Unreadable) {
    let result = bytes.withUnsafeBytes { raw -> Result<LatencyHistogram, Unreadable> in
      do {
        return .success(try Self.read(raw))
      } catch let refusal as Unreadable {
        return .failure(refusal)
      } catch {
        return .failure(.malformed)
      }
    }
    self = try result.get()
  }

  private static func read(_ raw: UnsafeRawBufferPointer) throws -> LatencyHistogram {
    var reader = ByteReader(raw)
    let version = try reader.uint8()
    guard version == Self.version else { throw Unreadable.version(version) }
    var histogram = LatencyHistogram()
    histogram.sumUs = try reader.varint()
    let classes = try reader.count(minimumBytes: 2)
    histogram.filled.reserveCapacity(classes)
    var number: UInt64 = 0
    for index in 0..<classes {
      let step = try reader.varint()
      let count = try reader.varint()
      let (next, overflow) = number.addingReportingOverflow(step)
      guard !overflow, next <= UInt64(LatencyScale.last), count > 0, index == 0 || step > 0
      else { throw Unreadable.malformed }
      number = next
      histogram.filled.append(Filled(number: UInt16(next), count: count))
    }
    guard reader.remaining == 0, !histogram.filled.isEmpty || histogram.sumUs == 0
    else { throw Unreadable.malformed }
    return histogram
  }
}
