public import JSON
public import Model

/// The JSON form of a check: what the API takes and answers, and, without its secrets, what column
/// `monitor.check` holds.
///
/// ```json
/// {"kind": "http", "url": "https://example.org/", "method": "GET",
///  "headers": [{"name": "Accept", "value": "text/html"}], "body": "text",
///  "status": ["200-399"], "max_redirects": 10, "contains": ["ok"], "conditions": ["[BODY].a == 1"]}
/// {"kind": "tcp", "host": "mail.example.org", "port": 25, "tls": {}, "start_tls": "smtp",
///  "script": [{"send": "NOOP\r\n"}, {"expect": "^250"}]}
/// {"kind": "udp", "host": "time.example.org", "port": 123, "send_base64": "4wAA...", "expect": "."}
/// {"kind": "icmp", "host": "example.org", "packets": 3, "max_loss_percent": 50}
/// {"kind": "dns", "name": "example.org", "type": "MX", "servers": ["192.0.2.53"],
///  "answers": {"all": ["10 mail.example.org"]}}
/// {"kind": "tls", "host": "example.org", "port": 443, "degraded_below_certificate_days": 14}
/// {"kind": "grpc", "host": "api.example.org", "port": 443, "service": "shop.Cart"}
/// {"kind": "websocket", "url": "wss://example.org/feed", "script": [{"expect": "hello"}]}
/// ```
///
/// A file a kind (`HTTPDocument.swift` and so on) lists all members with their defaults. Every kind
/// has `family` (`any`, `ipv4`, `ipv6` or `both`), `degraded_above_ms` and `conditions`. Reading checks shape and sizes; `CheckRules`
/// judges the values.
public enum CheckDocument {
  /// Reads a stored document, or one that stands alone.
  ///
  /// Throws every mistake with its JSON Pointer: duplicate, unknown, missing or wrong fields.
  ///
  /// - Parameter secrets: what ``secrets(of:)`` told when the document was stored.
  public static func decode(_ text: String, secrets: [String] = []) throws(FieldErrors) -> Check {
    guard let document = CheckSecrets.filling(try parse(text), with: secrets) else {
      throw FieldErrors(pointer: "", detail: "does not fit the secrets stored for it")
    }
    return try decode(document)
  }

  /// Reads a stored document whose secrets can't be opened: they are empty.
  public static func decodeWithoutSecrets(_ text: String) throws(FieldErrors) -> Check {
    try decode(CheckSecrets.emptying(try parse(text)))
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
  public static func secrets(of check: Check) -> [String] { CheckSecrets.values(of: check) }

  /// The document; fields that hold their default are written too, so that a reader sees them.
  ///
  /// - Parameter hidingSecrets: leaves secrets out, as answers must.
  public static func json(_ check: Check, hidingSecrets: Bool = false) -> JSONValue {
    var object: JSONObject =
      switch check {
      case .http(let check): HTTPDocument.json(check, hidingSecrets: hidingSecrets)
      case .tcp(let check): TCPDocument.json(check, hidingSecrets: hidingSecrets)
      case .udp(let check): DatagramDocument.json(check)
      case .icmp(let check): DatagramDocument.json(check)
      case .dns(let check): DNSDocument.json(check, hidingSecrets: hidingSecrets)
      case .tls(let check): TLSDocument.json(check, hidingSecrets: hidingSecrets)
      case .grpc(let check): GRPCDocument.json(check, hidingSecrets: hidingSecrets)
      case .websocket(let check): WebSocketDocument.json(check, hidingSecrets: hidingSecrets)
      }
    object["family"] = .string(check.family.word)
    object["degraded_above_ms"] = .optional(check.common.degradedAboveMs)
    object["conditions"] = .strings(check.common.conditions)
    return .object(object)
  }

  /// Reads a check from `reader`; its mistakes are noted there.
  ///
  /// - Parameter stored: the check that it is to replace, whose secrets it may keep.
  public static func read(
    _ reader: inout ObjectReader, keepingSecretsOf stored: Check? = nil
  ) -> Check? {
    reader.require("kind")
    guard let word = reader.word("kind", of: CheckKind.allCases.map(\.word)),
      let kind = CheckKind(word: word)
    else { return nil }
    var secrets = SecretReader(keepingSecretsOf: stored, root: reader.pointer)
    let check: Check? =
      switch kind {
      case .http: HTTPDocument.read(&reader, &secrets).map { .http($0) }
      case .tcp: TCPDocument.read(&reader, &secrets).map { .tcp($0) }
      case .udp: DatagramDocument.readUDP(&reader).map { .udp($0) }
      case .icmp: DatagramDocument.readICMP(&reader).map { .icmp($0) }
      case .dns: DNSDocument.read(&reader, &secrets).map { .dns($0) }
      case .tls: TLSDocument.read(&reader, &secrets).map { .tls($0) }
      case .grpc: GRPCDocument.read(&reader, &secrets).map { .grpc($0) }
      case .websocket: WebSocketDocument.read(&reader, &secrets).map { .websocket($0) }
      }
    secrets.finish(check, replacing: stored, &reader)
    return check
  }
}
