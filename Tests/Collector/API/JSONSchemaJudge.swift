import JSON
import Model
import Postgres

@testable import API

/// Says where a value does not fit a schema of the API's document: the part of JSON Schema 2020-12 that
/// the document uses. An unknown keyword is an error of its own.
struct JSONSchemaJudge {
  /// The document, in which `$ref` is looked up.
  let document: JSONValue
  /// Whether members that a schema does not name are wrong, though it allows them.
  var isStrict = true

  private static let notes: Set<String> = [
    "description", "examples", "default", "contentEncoding",
  ]

  /// What is wrong, each with its place; empty where the value fits.
  func problems(_ value: JSONValue, _ schema: JSONValue, at place: String = "") -> [String] {
    guard case .object(let keywords) = schema else { return ["\(place): the schema is no object"] }
    var found: [String] = []
    for keyword in keywords.members {
      found += problems(value, keyword.name, keyword.value, in: schema, at: place)
    }
    return found
  }

  private func problems(
    _ value: JSONValue, _ keyword: String, _ wanted: JSONValue, in schema: JSONValue,
    at place: String
  ) -> [String] {
    func expect(_ isRight: Bool) -> [String] {
      isRight
        ? [] : ["\(place): \(String(value.text.prefix(200))) is not \(keyword) \(wanted.text)"]
    }
    switch keyword {
    case "$ref": return problems(value, resolve(wanted), at: place)
    case "type":
      let types = wanted.stringValue.map { [$0] } ?? wanted.elements.compactMap(\.stringValue)
      return expect(types.contains { Self.isOf($0, value) })
    case "enum": return expect(wanted.elements.contains(value))
    case "const": return expect(wanted == value)
    case "minimum", "maximum":
      guard let number = Self.number(value), let bound = Self.number(wanted) else { return [] }
      return expect(keyword == "minimum" ? number >= bound : number <= bound)
    case "minLength", "maxLength":
      guard let text = value.stringValue, let bound = wanted.integerValue else { return [] }
      let length = Int64(text.unicodeScalars.count)
      return expect(keyword == "minLength" ? length >= bound : length <= bound)
    case "pattern":
      guard let text = value.stringValue, let pattern = wanted.stringValue else { return [] }
      guard let regex = try? Regex(pattern) else { return ["\(place): no pattern: \(pattern)"] }
      return expect(text.contains(regex))
    case "format":
      guard let text = value.stringValue else { return [] }
      switch wanted {
      case "uuid": return expect(Identifier<JSONSchemaJudge>(text) != nil)
      case "date-time": return expect(Timestamp(rfc3339: text) != nil)
      default: return ["\(place): the format \(wanted.text) is not known"]
      }
    case "minItems", "maxItems":
      guard case .array(let elements) = value, let bound = wanted.integerValue else { return [] }
      return expect(
        keyword == "minItems" ? elements.count >= bound : Int64(elements.count) <= bound)
    case "uniqueItems": return expect(Set(value.elements).count == value.elements.count)
    case "items":
      return value.elements.enumerated().flatMap {
        problems($1, wanted, at: "\(place)/\($0)")
      }
    case "required":
      guard case .object = value else { return [] }
      return wanted.elements.compactMap(\.stringValue).filter { value[$0] == nil }
        .map { "\(place): lacks \($0)" }
    case "properties": return members(value, wanted, of: schema, at: place)
    case "additionalProperties":
      guard case .object(let object) = value else { return [] }
      let others = object.members.filter { schema["properties"]?[$0.name] == nil }
      if wanted == false { return others.map { "\(place): has \($0.name)" } }
      return others.flatMap { problems($0.value, wanted, at: "\(place)/\($0.name)") }
    case "propertyNames":
      guard case .object(let object) = value else { return [] }
      return object.members.flatMap { problems(.string($0.name), wanted, at: place) }
    case "anyOf", "oneOf":
      let results = wanted.elements.map { problems(value, $0, at: place) }
      let fitting = results.count(where: \.isEmpty)
      if keyword == "anyOf" ? fitting > 0 : fitting == 1 { return [] }
      return ["\(place): fits \(fitting) of \(keyword)"]
        + (results.min { $0.count < $1.count } ?? [])
    case "not": return expect(!problems(value, wanted, at: place).isEmpty)
    case _ where Self.notes.contains(keyword): return []
    default: return ["\(place): the keyword \(keyword) is not known"]
    }
  }

  private func members(
    _ value: JSONValue, _ schemas: JSONValue, of schema: JSONValue, at place: String
  ) -> [String] {
    guard case .object(let object) = value, case .object(let known) = schemas else { return [] }
    var found: [String] = []
    for member in object.members {
      if let schema = known[member.name] {
        found += problems(member.value, schema, at: "\(place)/\(member.name)")
      } else if isStrict, schema["additionalProperties"] == nil {
        found.append("\(place): has \(member.name), of which the document does not tell")
      }
    }
    return found
  }

  /// What `#/components/...` stands for.
  func resolve(_ reference: JSONValue) -> JSONValue {
    var place: JSONValue = document
    for part in (reference.stringValue ?? "").split(separator: "/").dropFirst() {
      place = place[String(part)] ?? .null
    }
    return place
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer),
      ("number", .number), ("string", .string), ("array", .array), ("object", .object):
      true
    default: false
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}
