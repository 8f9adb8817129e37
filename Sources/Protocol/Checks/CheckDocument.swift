import Conditions
public import JSON
public import Model

/// The JSON form of a check: what the API takes and answers, and, without its secrets, what column
/// `monitor.check` holds.
///
/// ```json
/// {"kind": "http", "url": "https://example.org/", "method": "GET",
///  "headers": [{"name": "Accept", "value": "text/html"}], "body": "text",
///  "status": ["200-399"], "max_redirects": 10, "contains": ["ok"], "absent": [],
///  "body_limit_bytes": 1048576, "family": "any", "degraded_above_ms": 800,
///  "degraded_below_certificate_days": 14, "conditions": ["[BODY].status == ok"]}
/// {"kind": "tcp", "host": "db.example.org", "port": 5432, "family": "ipv4",
///  "degraded_above_ms": 50, "conditions": []}
/// ```
///
/// Only `kind` and `url`, or `kind`, `host` and `port`, are required. A body that is not UTF-8 text
/// stands in `body_base64`. Where a condition that is not `degraded:` asks for the status alone and `status` is not given, every status is
/// allowed and they decide. Reading checks shape and sizes; `CheckRules` judges the values.
public enum CheckDocument {
  /// Reads a stored document, or one that stands alone.
  ///
  /// Throws every mistake with its JSON Pointer: duplicate, unknown, missing or wrong fields.
  ///
  /// - Parameter secrets: what ``secrets(of:)`` told when the document was stored.
  public static func decode(_ text: String, secrets: [String] = []) throws(FieldErrors) -> Check {
    guard let document = SecretHeader.filling(try parse(text), with: secrets) else {
      throw FieldErrors(pointer: "/headers", detail: "do not fit the secrets stored for them")
    }
    return try decode(document)
  }

  /// Reads a stored document whose secrets can't be opened: they are empty.
  public static func decodeWithoutSecrets(_ text: String) throws(FieldErrors) -> Check {
    try decode(SecretHeader.emptying(try parse(text)))
  }

  private static func parse(_ text: String) throws(FieldErrors) -> JSONValue {
    do {
      return try JSONValue(parsing: text)
    } catch {
      throw FieldErrors(pointer: error.pointer, detail: error.reason)
    }
  }

  private static func decode(_ document: JSONValue) throws(FieldErrors) -> Check {
    var reader = ObjectReader(document)
    let check = read(&reader)
    try reader.finish()
    guard let check else { throw FieldErrors(pointer: "", detail: "is not a check") }
    return check
  }

  /// The document's text without the values that are secrets, on one line.
  public static func encode(_ check: Check) -> String { json(check, hidingSecrets: true).text }

  /// What ``encode(_:)`` leaves out, in the order of its places.
  public static func secrets(of check: Check) -> [String] { SecretHeader.values(of: check) }

  /// The document; fields that hold their default are written too, so that a reader sees them.
  ///
  /// - Parameter hidingSecrets: leaves out the values of headers that are secrets, as answers must.
  public static func json(_ check: Check, hidingSecrets: Bool = false) -> JSONValue {
    switch check {
    case .http(let check): json(check, hidingSecrets: hidingSecrets)
    case .tcp(let check):
      [
        "kind": "tcp", "host": .string(check.host), "port": .integer(Int64(check.port)),
        "family": .string(check.family.word), "degraded_above_ms": .optional(check.degradedAboveMs),
        "conditions": .strings(check.conditions),
      ]
    }
  }

  /// Reads a check from `reader`; its mistakes are noted there.
  ///
  /// - Parameter stored: the check that it is to replace, whose secrets it may keep.
  public static func read(
    _ reader: inout ObjectReader, keepingSecretsOf stored: Check? = nil
  ) -> Check? {
    reader.require("kind")
    guard let word = reader.word("kind", of: CheckKind.allCases.map(\.word)) else {
      return nil
    }
    switch CheckKind(word: word) {
    case .http:
      var old: HTTPCheck?
      if case .http(let check) = stored { old = check }
      return readHTTP(&reader, stored: old).map { .http($0) }
    case .tcp: return readTCP(&reader).map { .tcp($0) }
    case nil: return nil
    }
  }

  private static func json(_ check: HTTPCheck, hidingSecrets: Bool) -> JSONValue {
    var object: JSONValue = [
      "kind": "http", "url": .string(check.url), "method": .string(check.method),
      "headers": .array(
        check.headers.map { SecretHeader.json($0, hidingSecrets: hidingSecrets) }),
      "status": .array(check.statusRanges.map { .string(StatusRange.text($0)) }),
      "max_redirects": .integer(Int64(check.maxRedirects)),
      "contains": .strings(check.contains), "absent": .strings(check.absent),
      "body_limit_bytes": .integer(Int64(check.bodyLimit)), "family": .string(check.family.word),
      "degraded_above_ms": .optional(check.degradedAboveMs),
      "degraded_below_certificate_days": .optional(check.degradedBelowCertificateDays),
      "conditions": .strings(check.conditions),
    ]
    guard !check.body.isEmpty, case .object(var members) = object else { return object }
    if let text = String(validating: check.body, as: UTF8.self), !check.body.contains(0) {
      members["body"] = .string(text)
    } else {
      members["body_base64"] = .string(Base64.text(check.body))
    }
    object = .object(members)
    return object
  }

  private static func readHTTP(
    _ reader: inout ObjectReader, stored: HTTPCheck?
  ) -> HTTPCheck? {
    reader.require("url")
    let url = reader.string("url", bytes: 1...2048)
    var check = HTTPCheck(url: url ?? "")
    if let method = reader.string("method", bytes: 1...32) { check.method = method }
    if let headers = reader.array("headers", count: 32) {
      check.headers = headers.enumerated().compactMap { index, header in
        reader.nested(header, at: JSONPointer.child(String(index), of: reader.child("headers"))) {
          readHeader(&$0, url: url ?? "", stored: stored)
        }
      }
    }
    check.body = readBody(&reader)
    if let ranges = readStatus(&reader) { check.statusRanges = ranges }
    if let value = reader.integer("max_redirects", in: UInt32(0)...20) {
      check.maxRedirects = value
    }
    if let texts = reader.strings("contains", count: 16, bytes: 1...1024) { check.contains = texts }
    if let texts = reader.strings("absent", count: 16, bytes: 1...1024) { check.absent = texts }
    if let value = reader.integer("body_limit_bytes", in: UInt32(1024)...(16 << 20)) {
      check.bodyLimit = value
    }
    check.family = readFamily(&reader)
    check.degradedAboveMs = reader.integer("degraded_above_ms", in: UInt32(1)...86_400_000)
    check.degradedBelowCertificateDays = reader.integer(
      "degraded_below_certificate_days", in: UInt32(1)...3650)
    let (conditions, decided) = ConditionTexts.read(&reader, for: .http)
    check.conditions = conditions
    if decided.contains(.status), !reader.has("status") { check.statusRanges = [100...599] }
    return url == nil ? nil : check
  }

  private static func readHeader(
    _ reader: inout ObjectReader, url: String, stored: HTTPCheck?
  ) -> HTTPCheck.Header? {
    reader.require("name")
    let name = reader.string("name", bytes: 1...128)
    let keeps = reader.bool("secret") == true && reader.isNull("value")
    if !keeps { reader.require("value") }
    let given = reader.string("value", bytes: 0...4096)
    guard let name else { return nil }
    let value =
      keeps ? SecretHeader.keptValue(of: name, url: url, stored: stored, &reader) : given
    return value.map { HTTPCheck.Header(name: name, value: $0) }
  }

  private static func readBody(_ reader: inout ObjectReader) -> [UInt8] {
    let text = reader.string("body", bytes: 0...16384)
    guard let encoded = reader.string("body_base64", bytes: 0...21848) else {
      return Array((text ?? "").utf8)
    }
    if text != nil {
      reader.note(reader.child("body_base64"), "can't stand beside body")
    }
    guard let bytes = Base64.bytes(encoded) else {
      reader.note(reader.child("body_base64"), "is not base64 (RFC 4648 section 4)")
      return []
    }
    return bytes
  }

  private static func readStatus(_ reader: inout ObjectReader) -> [ClosedRange<UInt16>]? {
    guard let elements = reader.array("status", count: 16) else { return nil }
    if elements.isEmpty { reader.note(reader.child("status"), "must name at least one status") }
    return elements.enumerated().compactMap { index, element in
      if let range = StatusRange.read(element) { return range }
      reader.note(
        JSONPointer.child(String(index), of: reader.child("status")),
        "must be a status such as 204 or a range such as \"200-399\", within 100 to 599")
      return nil
    }
  }

  private static func readTCP(_ reader: inout ObjectReader) -> TCPCheck? {
    reader.require("host")
    reader.require("port")
    let host = reader.string("host", bytes: 1...253)
    let port = reader.integer("port", in: UInt16(1)...65535)
    let family = readFamily(&reader)
    let degradedAboveMs = reader.integer("degraded_above_ms", in: UInt32(1)...86_400_000)
    let (conditions, _) = ConditionTexts.read(&reader, for: .tcp)
    guard let host, let port else { return nil }
    var check = TCPCheck(host: host, port: port)
    check.family = family
    check.degradedAboveMs = degradedAboveMs
    check.conditions = conditions
    return check
  }

  private static func readFamily(_ reader: inout ObjectReader) -> AddressFamily {
    let word = reader.word("family", of: AddressFamily.allCases.map(\.word))
    return AddressFamily.allCases.first { $0.word == word } ?? .any
  }
}

extension AddressFamily {
  /// The word for this family in the API: `any`, `ipv4` or `ipv6`.
  public var word: String {
    switch self {
    case .any: "any"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    }
  }
}
