/// A Swift value that goes to and from Postgres in its binary format.
///
/// One protocol for scalars, optionals and arrays: an array's type comes from its element's
/// `postgresArrayType`, and `[UInt8]` is `bytea`. Arrays of arrays are not supported, but of
/// `bytea` (`[[UInt8]]`).
public protocol PostgresValue: Sendable {
  /// The object identifier of the type as which this is sent (`pg_type.oid`).
  static var postgresType: UInt32 { get }
  /// The object identifier of the array of that type.
  static var postgresArrayType: UInt32 { get }
  /// Appends the binary form; writes nothing and returns `false` for NULL.
  func encodePostgres(into bytes: inout [UInt8]) -> Bool
  /// Reads the binary form that came for `field`.
  init(postgres field: Field) throws(PostgresError)
  /// Appends the binary form of an array of these.
  static func encodePostgresArray(_ array: [Self], into bytes: inout [UInt8])
  /// Reads an array of these.
  static func decodePostgresArray(_ field: Field) throws(PostgresError) -> [Self]
}

extension PostgresValue {
  public static func encodePostgresArray(_ array: [Self], into bytes: inout [UInt8]) {
    bytes.appendBigEndian(Int32(array.isEmpty ? 0 : 1))
    bytes.appendBigEndian(Int32(1))  // NULLs may occur
    bytes.appendBigEndian(postgresType)
    if array.isEmpty { return }
    bytes.appendBigEndian(Int32(truncatingIfNeeded: array.count))
    bytes.appendBigEndian(Int32(1))
    for element in array {
      let start = bytes.count
      bytes.appendBigEndian(Int32(-1))
      guard element.encodePostgres(into: &bytes) else { continue }
      let length = UInt32(truncatingIfNeeded: bytes.count - start - 4)
      for (offset, shift) in [24, 16, 8, 0].enumerated() {
        bytes[start + offset] = UInt8(truncatingIfNeeded: length >> UInt32(shift))
      }
    }
  }

  public static func decodePostgresArray(_ field: Field) throws(PostgresError) -> [Self] {
    let bytes = try field.required()
    guard bytes.count >= 12 else { throw field.mismatch("an array") }
    let dimensions: Int32 = bytes.bigEndian(at: 0)
    let elementType: UInt32 = bytes.bigEndian(at: 8)
    if dimensions == 0 { return [] }
    guard dimensions == 1, bytes.count >= 20 else { throw field.mismatch("an array of one row") }
    let count = Int(bytes.bigEndian(at: 12) as Int32)
    guard count >= 0, count <= bytes.count / 4 else { throw field.mismatch("an array") }
    var elements: [Self] = []
    elements.reserveCapacity(count)
    var offset = 20
    for _ in 0..<count {
      guard bytes.count - offset >= 4 else { throw field.mismatch("an array") }
      let length = Int(bytes.bigEndian(at: offset) as Int32)
      offset += 4
      var element = Field(label: field.label, type: elementType, bytes: nil)
      if length >= 0 {
        guard bytes.count - offset >= length else { throw field.mismatch("an array") }
        element.bytes = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        offset += length
      }
      elements.append(try Self(postgres: element))
    }
    return elements
  }
}

/// One column of one row, while its result is held.
public struct Field {
  let label: UnsafePointer<CChar>?
  let type: UInt32
  var bytes: UnsafeRawBufferPointer?

  var name: String { label.map { String(cString: $0) } ?? "?" }

  /// The column's bytes. Throws for NULL.
  func required() throws(PostgresError) -> UnsafeRawBufferPointer {
    guard let bytes else {
      throw PostgresError(.bug, "column \(name) is NULL where a value was expected")
    }
    return bytes
  }

  func mismatch(_ wanted: String) -> PostgresError {
    PostgresError(.bug, "column \(name) of type \(type) is not \(wanted)")
  }
}

extension [UInt8] {
  mutating func appendBigEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

extension UnsafeRawBufferPointer {
  /// The integer at `offset`, which the caller has bounded.
  func bigEndian<T: FixedWidthInteger>(at offset: Int) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
