import JSON
import OpenSSL

/// The one form of a JSON value whose bytes are hashed.
///
/// UTF-8 without white space; members sorted by their names' bytes, none that is absent; integers in
/// decimal; in strings `"`, `\`, the controls and DEL are escaped (`\"`, `\\`, `\n`, `\r`, `\t`, else
/// `\u00xx`) and nothing else. U+0000 is U+FFFD, as the store keeps it. So a value has the same bytes
/// before it is stored as `jsonb` and after it is read back.
enum CanonicalJSON {
  static func bytes(_ value: JSONValue) -> [UInt8] { sorted(value).bytes }

  static func text(_ value: JSONValue) -> String { sorted(value).text }

  /// SHA-256 of the canonical bytes.
  static func digest(_ value: JSONValue) throws(OpenSSLError) -> [UInt8] {
    try SHA256.digest(bytes(value))
  }

  /// The same value with all members sorted.
  static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null, .bool, .integer, .number: return value
    case .string(let text): return .string(storable(text))
    case .array(let elements): return .array(elements.map(sorted))
    case .object(let object):
      var members = object.members
      members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      var result = JSONObject()
      for member in members { result[storable(member.name)] = sorted(member.value) }
      return .object(result)
    }
  }

  private static func storable(_ text: String) -> String {
    guard text.utf8.contains(0) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
  }

  /// Bytes as lower-case hexadecimal.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// Where two JSON values first differ.
struct JSONDifference: Hashable {
  /// A JSON Pointer (RFC 6901).
  var pointer: String
  /// `nil` where the left has nothing.
  var left: JSONValue?
  /// `nil` where the right has nothing.
  var right: JSONValue?

  /// The first difference in the order of members' names and elements; `nil` for equal values. The
  /// order in which members are written is none.
  static func first(_ left: JSONValue, _ right: JSONValue, at pointer: String = "") -> Self? {
    switch (left, right) {
    case (.object(let a), .object(let b)):
      for name in Set(a.members.map(\.name) + b.members.map(\.name)).sorted() {
        let place = pointer + "/" + name
        guard let inA = a[name], let inB = b[name] else {
          return Self(pointer: place, left: a[name], right: b[name])
        }
        if let found = first(inA, inB, at: place) { return found }
      }
      return nil
    case (.array(let a), .array(let b)):
      for index in 0..<max(a.count, b.count) {
        let place = pointer + "/\(index)"
        guard index < a.count, index < b.count else {
          return Self(
            pointer: place, left: index < a.count ? a[index] : nil,
            right: index < b.count ? b[index] : nil)
        }
        if let found = first(a[index], b[index], at: place) { return found }
      }
      return nil
    default:
      return left == right ? nil : Self(pointer: pointer, left: left, right: right)
    }
  }
}
