extension Field {
  /// Reads int2, int4 or int8, whichever came, into `T` if it fits.
  func integer<T: FixedWidthInteger>(_: T.Type) throws(PostgresError) -> T {
    let bytes = try required()
    let value: Int64
    switch (type, bytes.count) {
    case (21, 2): value = Int64(bytes.bigEndian(at: 0) as Int16)
    case (23, 4): value = Int64(bytes.bigEndian(at: 0) as Int32)
    case (20, 8): value = bytes.bigEndian(at: 0)
    case (26, 4): value = Int64(bytes.bigEndian(at: 0) as UInt32)
    default: throw mismatch("an integer")
    }
    guard let exact = T(exactly: value) else { throw mismatch("within \(T.self)'s range") }
    return exact
  }
}

extension Int16: PostgresValue {
  public static var postgresType: UInt32 { 21 }
  public static var postgresArrayType: UInt32 { 1005 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(self)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) { self = try field.integer(Int16.self) }
}

extension Int32: PostgresValue {
  public static var postgresType: UInt32 { 23 }
  public static var postgresArrayType: UInt32 { 1007 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(self)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) { self = try field.integer(Int32.self) }
}

extension Int64: PostgresValue {
  public static var postgresType: UInt32 { 20 }
  public static var postgresArrayType: UInt32 { 1016 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(self)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) { self = try field.integer(Int64.self) }
}

extension Int: PostgresValue {
  public static var postgresType: UInt32 { 20 }
  public static var postgresArrayType: UInt32 { 1016 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(Int64(self))
    return true
  }
  public init(postgres field: Field) throws(PostgresError) { self = try field.integer(Int.self) }
}

extension Bool: PostgresValue {
  public static var postgresType: UInt32 { 16 }
  public static var postgresArrayType: UInt32 { 1000 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.append(self ? 1 : 0)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 16, bytes.count == 1 else { throw field.mismatch("a boolean") }
    self = bytes[0] != 0
  }
}

extension Double: PostgresValue {
  public static var postgresType: UInt32 { 701 }
  public static var postgresArrayType: UInt32 { 1022 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(bitPattern)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 701, bytes.count == 8 else { throw field.mismatch("a double") }
    self = Double(bitPattern: bytes.bigEndian(at: 0))
  }
}

extension Timestamp: PostgresValue {
  public static var postgresType: UInt32 { 1184 }
  public static var postgresArrayType: UInt32 { 1185 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(microseconds &- Timestamp.postgresEpoch)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 1184, bytes.count == 8 else { throw field.mismatch("a timestamptz") }
    let value: Int64 = bytes.bigEndian(at: 0)
    self.init(microseconds: value &+ Timestamp.postgresEpoch)
  }
}

/// The sixteen bytes of a `uuid`. Identifiers of other modules bridge to it.
public struct PostgresUUID: PostgresValue, Hashable {
  /// The first eight bytes, read big-endian.
  public var high: UInt64
  /// The last eight bytes, read big-endian.
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public static var postgresType: UInt32 { 2950 }
  public static var postgresArrayType: UInt32 { 2951 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.appendBigEndian(high)
    bytes.appendBigEndian(low)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 2950, bytes.count == 16 else { throw field.mismatch("a uuid") }
    self.init(high: bytes.bigEndian(at: 0), low: bytes.bigEndian(at: 8))
  }
}
