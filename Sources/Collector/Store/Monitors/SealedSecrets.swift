import JSON
import Model
import OpenSSL

/// How the secret values of a check are kept: apart from its document, sealed, and bound to the
/// monitor, or to the try, so that those which were moved to another one's row do not open.
enum SealedSecrets {
  /// What a column holds for `values`; `nil` where there are none.
  static func seal(
    _ values: [String], monitor: MonitorID, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8]? {
    try seal(values, context(monitor), key)
  }

  /// The same of a check that is tried.
  static func seal(
    _ values: [String], tried id: ProbeRequestID, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8]? {
    try seal(values, context(id), key)
  }

  private static func seal(
    _ values: [String], _ context: [UInt8], _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8]? {
    guard !values.isEmpty else { return nil }
    return try key.seal(JSONValue.strings(values).bytes, context: context)
  }

  /// The values that were sealed; none for `nil`. Throws for another key, another monitor or a
  /// changed byte.
  static func open(
    _ sealed: [UInt8]?, monitor: MonitorID, _ key: SealingKey
  ) throws(OpenSSLError) -> [String] {
    try open(sealed, context(monitor), key)
  }

  /// The same of a check that is tried.
  static func open(
    _ sealed: [UInt8]?, tried id: ProbeRequestID, _ key: SealingKey
  ) throws(OpenSSLError) -> [String] {
    try open(sealed, context(id), key)
  }

  private static func open(
    _ sealed: [UInt8]?, _ context: [UInt8], _ key: SealingKey
  ) throws(OpenSSLError) -> [String] {
    guard let sealed else { return [] }
    let text = String(decoding: try key.open(sealed, context: context), as: UTF8.self)
    return ((try? JSONValue(parsing: text)) ?? .null).elements.compactMap(\.stringValue)
  }

  private static func context(_ monitor: MonitorID) -> [UInt8] {
    Array("monitor secrets".utf8) + monitor.bytes
  }

  private static func context(_ id: ProbeRequestID) -> [UInt8] {
    Array("try secrets".utf8) + id.bytes
  }
}
