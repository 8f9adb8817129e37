import JSON
import Model

/// What of a check is secret: the API takes it and never tells it.
///
/// In answers and in the store a secret member is `{"secret": true}`, and a secret header is
/// `{"name": "Authorization", "value": null, "secret": true}`. Sent back like that it keeps the stored
/// value, as long as whoever hears it stays the same, so that nobody can have a secret that they may not
/// read sent to a server of their own.
enum CheckSecrets {
  /// What stands in the place of a secret.
  static let placeholder: JSONValue = ["secret": true]

  private static let words = [
    "auth", "cookie", "key", "token", "secret", "password", "signature", "session",
  ]

  /// Whether a header of this name is taken to be secret.
  static func isSecret(headerName: String) -> Bool {
    let lower = headerName.lowercased()
    return words.contains { lower.contains($0) }
  }

  static func json(_ value: String?, hidden: Bool) -> JSONValue {
    guard let value else { return .null }
    return hidden ? placeholder : .string(value)
  }

  static func json(_ header: RequestHeader, hidden: Bool) -> JSONValue {
    guard hidden, isSecret(headerName: header.name) else {
      return ["name": .string(header.name), "value": .string(header.value)]
    }
    return ["name": .string(header.name), "value": nil, "secret": true]
  }

  /// The secrets of a check, in the order of their places, members by name.
  static func values(of check: Check) -> [String] {
    var values: [String] = []
    collect(
      CheckDocument.json(check, hidingSecrets: true), CheckDocument.json(check), into: &values)
    return values
  }

  /// A document that was written without its secrets, with `values` put in their places; `nil`
  /// where they are more or fewer than the places.
  static func filling(_ document: JSONValue, with values: [String]) -> JSONValue? {
    var values = values[...]
    guard let filled = fill(document, from: &values), values.isEmpty else { return nil }
    return filled
  }

  /// A document that was written without its secrets, with nothing in their places.
  static func emptying(_ document: JSONValue) -> JSONValue {
    var values = Array(repeating: "", count: places(document))[...]
    return fill(document, from: &values) ?? document
  }

  /// Whoever may hear the secrets of a check: what must not change while they are kept.
  static func audience(of check: Check) -> JSONValue {
    let document = CheckDocument.json(check, hidingSecrets: true)
    var audience = JSONObject()
    let names = [
      "kind", "host", "port", "plaintext", "resolve", "proxy", "tls", "start_tls", "servers",
      "transport",
    ]
    for name in names { audience[name] = document[name] }
    audience["url"] = document["url"]?.stringValue.map { .string(origin($0)) }
    // Who stands behind a shared address is chosen by this.
    audience["hosts"] = .array(
      (document["headers"]?.elements ?? []).filter {
        $0["name"]?.stringValue?.lowercased() == "host"
      }.compactMap { $0["value"] })
    audience["token_url"] = document["auth"]?["token_url"]
    audience["auth"] = document["auth"]?["kind"]
    return .object(audience)
  }

  /// Scheme and authority, lower-case.
  private static func origin(_ url: String) -> String {
    let parts = url.lowercased().split(
      separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return "" }
    return parts[0] + "//" + parts[2].prefix { $0 != "?" && $0 != "#" }
  }

  private static func isPlace(_ value: JSONValue) -> Bool { value["secret"]?.boolValue == true }

  private static func places(_ value: JSONValue) -> Int {
    if isPlace(value) { return 1 }
    switch value {
    case .array(let elements): return elements.reduce(0) { $0 + places($1) }
    case .object(let object): return object.members.reduce(0) { $0 + places($1.value) }
    default: return 0
    }
  }

  /// Members by their names: the store does not keep the order in which they were written.
  private static func inOrder(_ object: JSONObject) -> [JSONObject.Member] {
    object.members.sorted { $0.name < $1.name }
  }

  private static func collect(_ hidden: JSONValue, _ full: JSONValue, into values: inout [String]) {
    if isPlace(hidden) {
      values.append(full.stringValue ?? full["value"]?.stringValue ?? "")
      return
    }
    switch (hidden, full) {
    case (.array(let hidden), .array(let full)):
      for (hidden, full) in zip(hidden, full) { collect(hidden, full, into: &values) }
    case (.object(let hidden), .object(let full)):
      for member in inOrder(hidden) {
        collect(member.value, full[member.name] ?? .null, into: &values)
      }
    default: return
    }
  }

  private static func fill(_ value: JSONValue, from values: inout ArraySlice<String>) -> JSONValue?
  {
    if isPlace(value) {
      guard let secret = values.popFirst() else { return nil }
      guard let name = value["name"] else { return .string(secret) }
      return ["name": name, "value": .string(secret)]
    }
    switch value {
    case .array(let elements):
      var filled: [JSONValue] = []
      for element in elements {
        guard let element = fill(element, from: &values) else { return nil }
        filled.append(element)
      }
      return .array(filled)
    case .object(let object):
      var filled = JSONObject()
      for member in inOrder(object) {
        guard let value = fill(member.value, from: &values) else { return nil }
        filled[member.name] = value
      }
      return .object(filled)
    default: return value
    }
  }
}

/// Reads the secrets of a check, those included that keep their stored values.
struct SecretReader {
  /// The document of the check that is replaced, its secrets told; `nil` where there is none.
  private let stored: JSONValue?
  /// Where the check stands in its document.
  private let root: String
  /// Where stored values were kept.
  private var kept: [String] = []

  init(keepingSecretsOf check: Check?, root: String) {
    stored = check.map { CheckDocument.json($0) }
    self.root = root
  }

  /// A member that is a secret: a text, or `{"secret": true}`.
  mutating func member(
    _ name: String, bytes: ClosedRange<Int>, _ reader: inout ObjectReader
  ) -> String? {
    guard let value = reader.value(name), value["secret"]?.boolValue == true else {
      return reader.string(name, bytes: bytes)
    }
    var found = stored
    for part in reader.child(name).dropFirst(root.count).split(separator: "/") {
      found = found?[String(part)]
    }
    return keep(found?.stringValue, at: reader.child(name), &reader)
  }

  /// The headers of a request, or the metadata of a call.
  mutating func headers(_ name: String, _ reader: inout ObjectReader) -> [RequestHeader] {
    guard let elements = reader.array(name, count: 32) else { return [] }
    let place = reader.child(name)
    return elements.enumerated().compactMap { index, element in
      reader.nested(element, at: JSONPointer.child(String(index), of: place)) {
        header(&$0, of: name)
      }
    }
  }

  private mutating func header(_ reader: inout ObjectReader, of list: String) -> RequestHeader? {
    reader.require("name")
    let name = reader.string("name", bytes: 1...128)
    let keeps = reader.bool("secret") == true && reader.isNull("value")
    if !keeps { reader.require("value") }
    let given = reader.string("value", bytes: 0...4096)
    guard let name else { return nil }
    guard keeps else { return given.map { RequestHeader(name: name, value: $0) } }
    let stored = stored?[list]?.elements.first { header in
      header["name"]?.stringValue?.lowercased() == name.lowercased()
    }
    return keep(stored?["value"]?.stringValue, at: reader.child("value"), &reader).map {
      RequestHeader(name: name, value: $0)
    }
  }

  private mutating func keep(
    _ value: String?, at place: String, _ reader: inout ObjectReader
  ) -> String? {
    guard let value else {
      reader.note(place, "is required: no value is stored that could be kept")
      return nil
    }
    kept.append(place)
    return value
  }

  /// Notes the kept secrets that someone else would hear now.
  func finish(_ check: Check?, replacing stored: Check?, _ reader: inout ObjectReader) {
    guard !kept.isEmpty, let check, let stored,
      CheckSecrets.audience(of: check) != CheckSecrets.audience(of: stored)
    else { return }
    for place in kept {
      reader.note(place, "must be given anew, since the check goes elsewhere, or on another way")
    }
  }
}
