import JSON
import Model
import Postgres

/// A parameter of an operation: read, judged and told from this one declaration.
struct Parameter: Sendable, Hashable {
  enum Place: String, Sendable, Hashable {
    case path
    case query
    case header
  }

  var name: String
  var place: Place
  var schema: Schema
  var description: String

  static func query(_ name: String, _ schema: Schema, _ description: String) -> Parameter {
    Parameter(name: name, place: .query, schema: schema, description: description)
  }

  static func header(_ name: String, _ schema: Schema, _ description: String) -> Parameter {
    Parameter(name: name, place: .header, schema: schema, description: description)
  }

  /// What every list takes.
  static let page: [Parameter] = [
    .query(
      "limit",
      .integer(1...Int64(PageRequest.maxLimit)).byDefault(
        .integer(Int64(PageRequest.defaultLimit))), "Items on the page."),
    .query(
      "cursor", .string(2...1024, pattern: "^([0-9a-f]{2})+$"),
      "Where the page before ended: its `next_cursor`. Opaque, and good for this list alone."),
  ]

  static let since: Parameter = .query("since", .time, "The earliest moment, inclusive.")
  static let until: Parameter = .query("until", .time, "The latest moment, exclusive.")

  /// Finds monitors, and what hangs on them.
  static let search: Parameter = .query(
    "q", .string(1...200),
    "Only where the monitor's name or target contains this, in whatever case.")

  /// Why a query's text can't be this parameter's value, in one sentence; `nil` where it can.
  func problem(of text: String) -> String? {
    guard isValid(text) else { return "The parameter \(name) must be \(wanted)." }
    return nil
  }

  private func isValid(_ text: String) -> Bool {
    if let words = schema.json["enum"]?.elements { return words.contains(.string(text)) }
    switch schema.json["type"] {
    case "integer":
      guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
        let value = Int64(text)
      else { return false }
      return bounds("minimum", "maximum").contains(value)
    case "boolean": return text == "true" || text == "false"
    default: break
    }
    switch schema.json["format"] {
    case "uuid": return Identifier<Parameter>(text) != nil
    case "date-time": return Timestamp(rfc3339: text) != nil
    default:
      let length = schema.json["maxLength"] == nil ? 0 : Int64(text.utf8.count)
      guard bounds("minLength", "maxLength").contains(length) else { return false }
      return schema.json["pattern"] == Schema.word.json["pattern"] ? Self.isWord(text) : true
    }
  }

  /// What a value must be, for people.
  private var wanted: String {
    if let words = schema.json["enum"]?.elements.compactMap(\.stringValue) {
      return words.count == 2
        ? words.joined(separator: " or ") : "one of \(words.joined(separator: ", "))"
    }
    switch (schema.json["type"], schema.json["format"]) {
    case ("integer", _):
      let range = bounds("minimum", "maximum")
      return "a number from \(range.lowerBound) to \(range.upperBound)"
    case ("boolean", _): return "true or false"
    case (_, "uuid"): return "a UUID"
    case (_, "date-time"): return "a time such as 2026-01-31T12:00:00Z (RFC 3339)"
    default:
      let range = bounds("minLength", "maxLength")
      return "a text of \(range.lowerBound) to \(range.upperBound) bytes"
        + (schema.json["pattern"] == Schema.word.json["pattern"]
          ? ": lower-case letters, digits, hyphens, dots and underscores" : "")
    }
  }

  private func bounds(_ least: String, _ most: String) -> ClosedRange<Int64> {
    let lower = schema.json[least]?.integerValue ?? 0
    return lower...max(lower, schema.json[most]?.integerValue ?? .max)
  }

  private static func isWord(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || "-_.".utf8.contains($0)
    }
  }

  /// The parameter as the document tells it.
  var json: JSONValue {
    [
      "name": .string(name), "in": .string(place.rawValue), "required": .bool(place == .path),
      "description": .string(description), "schema": .object(schema.json),
    ]
  }
}
