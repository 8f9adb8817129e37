import Conditions
import JSON
import Model

/// The document of an http check:
///
/// ```json
/// {"kind": "http", "url": "https://example.org/", "method": "GET", "headers": [], "body": "text",
///  "auth": null, "tls": {}, "http_version": "1.1", "resolve": null, "proxy": null,
///  "status": ["200-399"], "max_redirects": 10, "expect_location": null, "cookies": false,
///  "cache_busting": false, "compression": false, "keep_alive": false,
///  "contains": ["ok"], "absent": [], "body_limit_bytes": 1048576,
///  "degraded_below_certificate_days": null}
/// ```
///
/// Only `url` is required. A body that is not UTF-8 text stands in `body_base64`; in place of a body
/// `json` takes a value and `form` an object of texts, with their content type. `max_redirects` 0
/// forbids redirects. Where a condition that is not `degraded:` asks for the status alone and `status`
/// is not given, every status is allowed and they decide.
enum HTTPDocument {
  static func json(_ check: HTTPCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "http"
    object["url"] = .string(check.url)
    object["method"] = .string(check.method)
    object["headers"] = .array(
      check.headers.map { CheckSecrets.json($0, hidden: hidingSecrets) })
    if !check.body.isEmpty { CommonDocument.write(check.body, as: "body", to: &object) }
    object["auth"] =
      check.authentication.map {
        AuthenticationDocument.json($0, hidingSecrets: hidingSecrets)
      } ?? .null
    object["tls"] = TLSWishesDocument.json(check.tls, hidingSecrets: hidingSecrets)
    object["http_version"] = .string(check.version.word)
    object["resolve"] = .optional(check.pinnedAddress?.description)
    object["proxy"] =
      check.proxy.map { proxy in
        [
          "url": .string(proxy.url), "user": .optional(proxy.user),
          "password": CheckSecrets.json(proxy.password, hidden: hidingSecrets),
        ]
      } ?? .null
    object["status"] = .array(check.statusRanges.map { .string(StatusRange.text($0)) })
    object["max_redirects"] = .integer(Int64(check.maxRedirects))
    object["expect_location"] = .optional(check.expectedLocation)
    object["cookies"] = .bool(check.keepsCookies)
    object["cache_busting"] = .bool(check.bustsCaches)
    object["compression"] = .bool(check.wantsCompression)
    object["keep_alive"] = .bool(check.keepsConnection)
    object["contains"] = .strings(check.contains)
    object["absent"] = .strings(check.absent)
    object["body_limit_bytes"] = .integer(Int64(check.bodyLimit))
    object["degraded_below_certificate_days"] = .optional(check.degradedBelowCertificateDays)
    return object
  }

  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> HTTPCheck? {
    reader.require("url")
    let url = reader.string("url", bytes: 1...2048)
    var check = HTTPCheck(url: url ?? "")
    if let method = reader.string("method", bytes: 1...32) { check.method = method }
    check.headers = secrets.headers("headers", &reader)
    readBody(&reader, into: &check)
    check.authentication = reader.object("auth") { AuthenticationDocument.read(&$0, &secrets) }
    if let tls = TLSWishesDocument.read(&reader, &secrets) { check.tls = tls }
    if let word = reader.word("http_version", of: HTTPVersion.allCases.map(\.word)) {
      check.version = HTTPVersion.allCases.first { $0.word == word } ?? .http11
    }
    check.pinnedAddress = readPinned(&reader)
    check.proxy = reader.object("proxy") { readProxy(&$0, &secrets) }
    if let ranges = readStatus(&reader) { check.statusRanges = ranges }
    if let value = reader.integer("max_redirects", in: UInt32(0)...20) {
      check.maxRedirects = value
    }
    check.expectedLocation = reader.string("expect_location", bytes: 1...2048)
    check.keepsCookies = reader.bool("cookies") ?? false
    check.bustsCaches = reader.bool("cache_busting") ?? false
    check.wantsCompression = reader.bool("compression") ?? false
    check.keepsConnection = reader.bool("keep_alive") ?? false
    if let texts = reader.strings("contains", count: 16, bytes: 1...1024) { check.contains = texts }
    if let texts = reader.strings("absent", count: 16, bytes: 1...1024) { check.absent = texts }
    if let value = reader.integer("body_limit_bytes", in: UInt32(1024)...(16 << 20)) {
      check.bodyLimit = value
    }
    check.degradedBelowCertificateDays = CommonDocument.certificateDays(&reader)
    let decided = CommonDocument.read(&reader, into: &check, for: .http)
    if decided.contains(.status), !reader.has("status") { check.statusRanges = [100...599] }
    return url == nil ? nil : check
  }

  private static func readBody(_ reader: inout ObjectReader, into check: inout HTTPCheck) {
    let bytes = CommonDocument.bytes("body", most: 16384, &reader)
    let json = reader.value("json")
    let form = readForm(&reader)
    if [bytes != nil, json != nil, form != nil].count(where: \.self) > 1 {
      reader.note(reader.child("body"), "can't stand beside json or form: one of them is sent")
      return
    }
    if let bytes { check.body = bytes }
    if let json { set(json.bytes, "application/json", in: &check, &reader) }
    if let form { set(form, "application/x-www-form-urlencoded", in: &check, &reader) }
  }

  private static func set(
    _ body: [UInt8], _ type: String, in check: inout HTTPCheck, _ reader: inout ObjectReader
  ) {
    if body.count > 16384 {
      reader.note(reader.pointer, "has a body of more than 16384 bytes")
    }
    check.body = body
    if !reader.has("method") { check.method = "POST" }
    if !check.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      check.headers.append(RequestHeader(name: "Content-Type", value: type))
    }
  }

  /// An object of texts, as browsers write a form (the URL standard, section 5.2).
  private static func readForm(_ reader: inout ObjectReader) -> [UInt8]? {
    guard let value = reader.value("form"), !value.isNull else { return nil }
    guard case .object(let object) = value else {
      reader.note(reader.child("form"), "must be an object of texts, not \(value.kindName)")
      return nil
    }
    var text: [UInt8] = []
    for member in object.members {
      guard let value = member.value.stringValue else {
        reader.note(
          JSONPointer.child(member.name, of: reader.child("form")),
          "must be a string, not \(member.value.kindName)")
        continue
      }
      if !text.isEmpty { text.append(UInt8(ascii: "&")) }
      text += PercentEncoding.form(member.name) + [UInt8(ascii: "=")] + PercentEncoding.form(value)
    }
    return text
  }

  private static func readPinned(_ reader: inout ObjectReader) -> IPAddress? {
    guard let text = reader.string("resolve", bytes: 1...64) else { return nil }
    guard let address = IPAddress(text: text) else {
      reader.note(reader.child("resolve"), "must be an IP address such as 192.0.2.7")
      return nil
    }
    return address
  }

  private static func readProxy(
    _ reader: inout ObjectReader, _ secrets: inout SecretReader
  ) -> Proxy? {
    reader.require("url")
    guard let url = reader.string("url", bytes: 1...512) else { return nil }
    var proxy = Proxy(url: url)
    proxy.user = reader.string("user", bytes: 1...256)
    proxy.password = secrets.member("password", bytes: 0...1024, &reader)
    return proxy
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
}
