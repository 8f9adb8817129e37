import JSON

/// The form of a JSON value, as the API's document tells it (JSON Schema 2020-12, which OpenAPI 3.1
/// takes).
///
/// A value of this type is built beside the code that reads or writes the form. Lengths of texts are
/// given in bytes of UTF-8, as the API counts them; JSON Schema counts code points, so that a text of
/// other letters may be refused though it fits its schema.
struct Schema: Sendable, Hashable {
  /// The schema itself.
  var json: JSONObject
  /// The named schemas that it refers to, its own references' included.
  private(set) var components: [String: JSONValue] = [:]

  private init(_ json: JSONValue, components: [String: JSONValue] = [:]) {
    if case .object(let object) = json {
      self.json = object
    } else {
      self.json = JSONObject()
    }
    self.components = components
  }

  /// Whatever JSON allows.
  static let anything = Schema([:])
  static let bool = Schema(["type": "boolean"])
  static let null = Schema(["type": "null"])

  /// A text of so many bytes.
  static func string(_ bytes: ClosedRange<Int>, pattern: String? = nil) -> Schema {
    var schema = Schema(["type": "string"])
    if bytes.lowerBound > 0 { schema.json["minLength"] = .integer(Int64(bytes.lowerBound)) }
    schema.json["maxLength"] = .integer(Int64(bytes.upperBound))
    schema.json["pattern"] = pattern.map { .string($0) }
    return schema
  }

  /// A text that the API tells, of no bounds that a client could rely on.
  static let text = Schema(["type": "string"])

  /// A text that fits a pattern of ECMA-262, of which its length follows.
  static func matching(_ pattern: String) -> Schema {
    Schema(["type": "string", "pattern": .string(pattern)])
  }

  /// A text with a format that JSON Schema or OpenAPI names.
  static func format(_ name: String) -> Schema {
    Schema(["type": "string", "format": .string(name)])
  }

  /// One of these words.
  static func words(_ words: [String]) -> Schema {
    Schema(["type": "string", "enum": .strings(words)])
  }

  /// Exactly this text.
  static func exactly(_ word: String) -> Schema {
    Schema(["type": "string", "const": .string(word)])
  }

  static func integer(_ range: ClosedRange<Int64>) -> Schema {
    Schema([
      "type": "integer", "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ])
  }

  /// A whole number that is told: none is below zero.
  static let count = Schema(["type": "integer", "format": "int64", "minimum": 0])
  static let number = Schema(["type": "number"])

  static func array(of element: Schema, count: ClosedRange<Int>? = nil) -> Schema {
    var schema = Schema(
      ["type": "array", "items": .object(element.json)], components: element.components)
    if let count {
      if count.lowerBound > 0 { schema.json["minItems"] = .integer(Int64(count.lowerBound)) }
      schema.json["maxItems"] = .integer(Int64(count.upperBound))
    }
    return schema
  }

  /// An object that is sent: members that are not named here are refused.
  static func sent(
    _ members: KeyValuePairs<String, Schema>, required: [String] = []
  ) -> Schema {
    var schema = object(members.map { ($0.key, $0.value) }, required: required)
    schema.json["additionalProperties"] = false
    return schema
  }

  /// An object that is told: all of these members are there. Later releases may add others.
  static func told(_ members: KeyValuePairs<String, Schema>) -> Schema {
    object(members.map { ($0.key, $0.value) }, required: members.map(\.key))
  }

  /// An object whose members' names are somebody's own words.
  static func dictionary(of value: Schema, names: Schema? = nil) -> Schema {
    var schema = Schema(
      ["type": "object", "additionalProperties": .object(value.json)],
      components: value.components)
    if let names { schema.json["propertyNames"] = .object(names.json) }
    return schema
  }

  /// Exactly one of these forms.
  static func one(of forms: [Schema]) -> Schema {
    Schema(
      ["oneOf": .array(forms.map { .object($0.json) })],
      components: merged(forms.map(\.components)))
  }

  /// At least one of these forms.
  static func any(of forms: [Schema]) -> Schema {
    Schema(
      ["anyOf": .array(forms.map { .object($0.json) })],
      components: merged(forms.map(\.components)))
  }

  private static func object(
    _ members: [(String, Schema)], required: [String]
  ) -> Schema {
    var properties = JSONObject()
    for (name, schema) in members { properties[name] = .object(schema.json) }
    var schema = Schema(
      ["type": "object", "properties": .object(properties)],
      components: merged(members.map(\.1.components)))
    if !required.isEmpty { schema.json["required"] = .strings(required) }
    return schema
  }

  private static func merged(_ all: [[String: JSONValue]]) -> [String: JSONValue] {
    all.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
  }
}

extension Schema {
  /// The same under a name of its own: the document tells it once and refers to it.
  func named(_ name: String) -> Schema {
    var components = components
    components[name] = .object(json)
    return Schema(["$ref": .string("#/components/schemas/\(name)")], components: components)
  }

  /// The same, or `null`.
  var nullable: Schema {
    var schema = self
    switch (json["type"], json["const"]) {
    case (.string(let type)?, nil):
      schema.json["type"] = .strings([type, "null"])
      if let words = json["enum"] { schema.json["enum"] = .array(words.elements + [.null]) }
      return schema
    default:
      return .any(of: [self, Schema(["type": "null"])])
    }
  }

  func described(_ text: String) -> Schema { with("description", .string(text)) }
  func example(_ value: JSONValue) -> Schema { with("examples", .array([value])) }
  func examples(_ values: [JSONValue]) -> Schema { with("examples", .array(values)) }
  func byDefault(_ value: JSONValue) -> Schema { with("default", value) }
  /// Members beside each other that are not allowed, and the like: a keyword of JSON Schema.
  func with(_ keyword: String, _ value: JSONValue) -> Schema {
    var schema = self
    schema.json[keyword] = value
    return schema
  }

  /// The same object with further members, of which all are there unless `required` names them.
  func including(
    required: [String]? = nil, _ members: KeyValuePairs<String, Schema>
  ) -> Schema {
    var schema = self
    var properties = JSONObject()
    if case .object(let present)? = json["properties"] { properties = present }
    for (name, member) in members {
      properties[name] = .object(member.json)
      schema.components.merge(member.components) { first, _ in first }
    }
    schema.json["properties"] = .object(properties)
    let all =
      (json["required"]?.elements ?? []) + (required ?? members.map(\.key)).map { .string($0) }
    schema.json["required"] = all.isEmpty ? nil : .array(all)
    return schema
  }

  /// The same object, which may not have these two members at once.
  func forbidding(_ first: String, beside second: String) -> Schema {
    with("not", ["required": .strings([first, second])])
  }

  /// The same without `null`.
  var notNull: Schema {
    guard case .array(let types)? = json["type"], let first = types.first else { return self }
    return with("type", first)
  }
}
