import Model

/// Reads the protocol's fields from bytes that nobody vouches for.
///
/// Integers are big-endian; a varint is minimal unsigned LEB128 of at most ten bytes. Every read
/// checks its bounds and none can trap. The reader borrows its bytes: it must not outlive them.
@frozen
public struct ByteReader {
  @usableFromInline let bytes: UnsafeRawBufferPointer
  @usableFromInline var cursor: Int

  @inlinable
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    self.cursor = 0
  }

  /// Where the next field begins, counted from the first byte.
  @inlinable public var position: Int { cursor }

  /// Bytes not yet read.
  @inlinable public var remaining: Int { bytes.count &- position }

  @inlinable
  public mutating func uint8() throws(WireError) -> UInt8 {
    guard position < bytes.count else { throw .truncated }
    let value = bytes[position]
    cursor &+= 1
    return value
  }

  @inlinable
  public mutating func uint16() throws(WireError) -> UInt16 { try integer() }

  @inlinable
  public mutating func uint32() throws(WireError) -> UInt32 { try integer() }

  @inlinable
  public mutating func uint64() throws(WireError) -> UInt64 { try integer() }

  /// Milliseconds as eight bytes; a value above `Int64.max` is not a time.
  @inlinable
  public mutating func milliseconds() throws(WireError) -> Int64 {
    guard let value = Int64(exactly: try uint64()) else { throw .value }
    return value
  }

  @inlinable
  mutating func integer<Value: FixedWidthInteger>() throws(WireError) -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw .truncated }
    let value = bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    cursor &+= MemoryLayout<Value>.size
    return Value(bigEndian: value)
  }

  @inlinable
  public mutating func varint() throws(WireError) -> UInt64 {
    let first = try uint8()
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      let byte = try uint8()
      if shift == 63, byte > 1 { throw .varint }
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 {
        if byte == 0 { throw .varint }
        return value
      }
      shift &+= 7
      if shift > 63 { throw .varint }
    }
  }

  /// A varint that must fit 32 bits.
  @inlinable
  public mutating func varint32() throws(WireError) -> UInt32 {
    guard let value = UInt32(exactly: try varint()) else { throw .value }
    return value
  }

  /// A signed varint: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
  @inlinable
  public mutating func zigzag() throws(WireError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
  }

  /// A varint count of items that take at least `minimumBytes` each.
  @inlinable
  public mutating func count(minimumBytes: Int) throws(WireError) -> Int {
    let value = try varint()
    guard value <= UInt64(remaining / minimumBytes) else { throw .count }
    return Int(value)
  }

  /// The next `count` bytes, in place.
  @inlinable
  public mutating func view(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
    guard count >= 0, remaining >= count else { throw .truncated }
    let view = UnsafeRawBufferPointer(rebasing: bytes[position..<position &+ count])
    cursor &+= count
    return view
  }

  /// The next `count` bytes, copied.
  public mutating func bytes(_ count: Int) throws(WireError) -> [UInt8] {
    Array(try view(count))
  }

  /// Bytes behind their varint length.
  public mutating func lengthPrefixed() throws(WireError) -> UnsafeRawBufferPointer {
    let count = try count(minimumBytes: 1)
    return try view(count)
  }

  /// UTF-8 behind its varint length in bytes, at most `limit` of them.
  public mutating func string(limit: Int) throws(WireError) -> String {
    let length = try varint()
    guard length <= UInt64(limit) else { throw .text }
    return try Self.string(try view(Int(length)))
  }

  /// The text that `bytes` hold, all of them.
  public static func string(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .text }
    return text
  }

  public mutating func identifier<Kind>(
    _ kind: Identifier<Kind>.Type = Identifier<Kind>.self
  ) throws(WireError) -> Identifier<Kind> {
    Identifier(high: try uint64(), low: try uint64())
  }

  /// Checks that the next bytes are `text`.
  public mutating func expect(_ text: StaticString) throws(WireError) {
    let found = try view(text.utf8CodeUnitCount)
    let expected = UnsafeRawBufferPointer(
      start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard found.elementsEqual(expected) else { throw .value }
  }
}

extension ByteReader {
  /// Takes the 32-byte code off the end of the body, and leaves the reader before the rest.
  mutating func trailingCode() throws(WireError) -> [UInt8] {
    guard remaining >= bodyCodeCount else { throw .truncated }
    let end = bytes.count - bodyCodeCount
    let code = Array(bytes[end...])
    let rest = UnsafeRawBufferPointer(rebasing: bytes[cursor..<end])
    self = ByteReader(rest)
    return code
  }
}
