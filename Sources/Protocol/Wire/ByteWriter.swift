import Model

/// Appends the protocol's fields to a byte array; the counterpart of ``ByteReader``.
public struct ByteWriter {
  public private(set) var bytes: [UInt8]

  public init(capacity: Int = 64) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Bytes written so far.
  public var count: Int { bytes.count }

  public mutating func uint8(_ value: UInt8) { bytes.append(value) }

  public mutating func uint16(_ value: UInt16) { integer(value) }

  public mutating func uint32(_ value: UInt32) { integer(value) }

  public mutating func uint64(_ value: UInt64) { integer(value) }

  /// Milliseconds as eight bytes; a time before 1970 is written as 1970.
  public mutating func milliseconds(_ value: Int64) { integer(UInt64(max(0, value))) }

  private mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  public mutating func varint(_ value: some UnsignedInteger & FixedWidthInteger) {
    varint(UInt64(value))
  }

  /// A count of items.
  public mutating func count(_ value: Int) { varint(UInt64(value)) }

  public mutating func zigzag(_ value: Int64) {
    varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  public mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

  public mutating func raw(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func identifier(_ value: Identifier<some Any>) {
    integer(value.high)
    integer(value.low)
  }

  public mutating func lengthPrefixed(_ value: [UInt8]) {
    count(value.count)
    raw(value)
  }

  /// UTF-8 behind its length, cut at a character's border where it is longer than `limit` bytes.
  public mutating func string(_ text: String, limit: Int) {
    lengthPrefixed(Array(text.utf8Prefix(limit)))
  }
}

extension String {
  /// The longest prefix of whole Unicode scalars that takes at most `limit` bytes of UTF-8.
  func utf8Prefix(_ limit: Int) -> Substring.UTF8View {
    guard utf8.count > limit else { return self[...].utf8 }
    var end = utf8.index(utf8.startIndex, offsetBy: limit)
    while end > utf8.startIndex, end.samePosition(in: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return self[..<end].utf8
  }
}
