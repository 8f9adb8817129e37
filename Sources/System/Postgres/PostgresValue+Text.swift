extension String: PostgresValue {
  public static var postgresType: UInt32 { 25 }
  public static var postgresArrayType: UInt32 { 1009 }

  /// Postgres refuses U+0000 in text: it is stored as U+FFFD, so that no target's answer can cost
  /// a row.
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    for byte in utf8 {
      if byte == 0 {
        bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
      } else {
        bytes.append(byte)
      }
    }
    return true
  }

  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    switch field.type {
    // text, varchar, name, char(n), json, and what has no type yet
    case 25, 1043, 19, 1042, 114, 705: self = String(decoding: bytes, as: UTF8.self)
    case 3802: self = try JSONText(postgres: field).text
    default: throw field.mismatch("text")
    }
  }
}

/// A `jsonb` value as its text.
public struct JSONText: PostgresValue, Hashable {
  /// One JSON value (RFC 8259).
  public var text: String

  public init(_ text: String) {
    self.text = text
  }

  public static var postgresType: UInt32 { 3802 }
  public static var postgresArrayType: UInt32 { 3807 }

  /// `jsonb` can't hold U+0000, escaped or not: it is stored as U+FFFD.
  public func encodePostgres(into bytes: inout [UInt8]) -> Bool {
    bytes.append(1)  // the version of jsonb's binary form
    var escaped = false
    let source = Array(text.utf8)
    var index = 0
    while index < source.count {
      let byte = source[index]
      if escaped, byte == UInt8(ascii: "u"), Self.isZeroEscape(source, at: index) {
        bytes.append(contentsOf: "ufffd".utf8)
        index += 5
        escaped = false
        continue
      }
      escaped = !escaped && byte == UInt8(ascii: "\\")
      if byte != 0 { bytes.append(byte) }
      index += 1
    }
    return true
  }

  private static func isZeroEscape(_ source: [UInt8], at index: Int) -> Bool {
    source.count - index >= 5
      && source[index + 1..<index + 5].allSatisfy { $0 == UInt8(ascii: "0") }
  }

  public init(postgres field: Field) throws(PostgresError) {
    let bytes = try field.required()
    guard field.type == 3802, let version = bytes.first, version == 1 else {
      throw field.mismatch("jsonb")
    }
    text = String(decoding: bytes.dropFirst(), as: UTF8.self)
  }
}
