import Conditions
import JSON
import Model

/// The members that several kinds of checks share.
enum CommonDocument {
  /// Reads what every kind has.
  ///
  /// - Returns: the facts that the conditions alone decide.
  @discardableResult
  static func read(
    _ reader: inout ObjectReader, into check: inout some CommonWishes, for kind: ProbeKind
  ) -> Set<Fact> {
    let word = reader.word("family", of: AddressFamily.allCases.map(\.word))
    check.family = AddressFamily.allCases.first { $0.word == word } ?? .any
    check.degradedAboveMs = reader.integer("degraded_above_ms", in: UInt32(1)...86_400_000)
    let (conditions, decided) = ConditionTexts.read(&reader, for: kind)
    check.conditions = conditions
    return decided
  }

  /// `degraded_below_certificate_days`.
  static func certificateDays(_ reader: inout ObjectReader) -> UInt32? {
    reader.integer("degraded_below_certificate_days", in: UInt32(1)...3650)
  }

  static func host(_ reader: inout ObjectReader) -> String? {
    reader.require("host")
    return reader.string("host", bytes: 1...253)
  }

  static func port(_ reader: inout ObjectReader) -> UInt16? {
    reader.require("port")
    return reader.integer("port", in: UInt16(1)...65535)
  }

  /// Bytes under `name` as text, or under `name_base64`.
  static func bytes(_ name: String, most: Int, _ reader: inout ObjectReader) -> [UInt8]? {
    let text = reader.string(name, bytes: 0...most)
    let other = name + "_base64"
    guard let encoded = reader.string(other, bytes: 0...(most + 2) / 3 * 4) else {
      return text.map { Array($0.utf8) }
    }
    if text != nil { reader.note(reader.child(other), "can't stand beside \(name)") }
    guard let bytes = Base64.bytes(encoded) else {
      reader.note(reader.child(other), "is not base64 (RFC 4648 section 4)")
      return nil
    }
    return bytes
  }

  /// Writes bytes as `bytes(_:most:_:)` reads them: as text where they are.
  static func write(_ bytes: [UInt8], as name: String, to object: inout JSONObject) {
    if let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) {
      object[name] = .string(text)
    } else {
      object[name + "_base64"] = .string(Base64.text(bytes))
    }
  }
}

extension AddressFamily {
  /// The word for this family in the API: `any`, `ipv4`, `ipv6` or `both`.
  public var word: String {
    switch self {
    case .any: "any"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .both: "both"
    }
  }
}
