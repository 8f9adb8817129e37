extension Optional: PostgresValue where Wrapped: PostgresValue {
  public static var postgresType: UInt32 { Wrapped.postgresType }
  public static var postgresArrayType: UInt32 { Wrapped.postgresArrayType }

  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    guard let self else { return false }
    return self.encodePostgres(into: &bytes)
  }

  public init(postgres field: Field) throws(PostgresError) {
    self = field.bytes == nil ? nil : try Wrapped(postgres: field)
  }
}

extension Array: PostgresValue where Element: PostgresValue {
  public static var postgresType: UInt32 { Element.postgresArrayType }
  /// `bytea[]` for arrays of bytes; nothing else nests.
  public static var postgresArrayType: UInt32 { Element.postgresArrayType == 17 ? 1001 : 0 }

  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    Element.encodePostgresArray(self, into: &bytes)
    return true
  }

  public init(postgres field: Field) throws(PostgresError) {
    self = try Element.decodePostgresArray(field)
  }
}

/// A byte is no column's type of its own: arrays of bytes are `bytea`.
extension UInt8: PostgresValue {
  public static var postgresType: UInt32 { 18 }
  public static var postgresArrayType: UInt32 { 17 }
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.append(self)
    return true
  }
  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 18, bytes.count == 1 else { throw field.mismatch("a byte") }
    self = bytes[0]
  }
  public static func encodePostgresArray(_ array: [UInt8], into bytes: inout [UInt8]) {
    bytes.append(contentsOf: array)
  }
  public static func decodePostgresArray(_ field: Field) throws(PostgresError) -> [UInt8] {
    guard field.type == 17 else { throw field.mismatch("a bytea") }
    return Array(try field.required())
  }
}
