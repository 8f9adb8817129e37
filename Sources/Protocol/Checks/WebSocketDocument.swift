import Conditions
import JSON
import Model

/// The document of a websocket check:
///
/// ```json
/// {"kind": "websocket", "url": "wss://example.org/feed", "headers": [], "subprotocols": [],
///  "tls": {}, "script": [{"send": "hi"}, {"expect": "hello"}], "close_code": null,
///  "degraded_below_certificate_days": null}
/// ```
/// With `close_code` the target must close the connection by it behind the script.
enum WebSocketDocument {
  static func json(_ check: WebSocketCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "websocket"
    object["url"] = .string(check.url)
    object["headers"] = .array(
      check.headers.map { CheckSecrets.json($0, hidden: hidingSecrets) })
    object["subprotocols"] = .strings(check.subprotocols)
    object["tls"] = TLSWishesDocument.json(check.tls, hidingSecrets: hidingSecrets)
    object["script"] = ScriptDocument.json(check.script)
    object["close_code"] = .optional(check.closeCode)
    object["degraded_below_certificate_days"] = .optional(check.degradedBelowCertificateDays)
    return object
  }

  static func read(
    _ reader: inout ObjectReader, _ secrets: inout SecretReader
  ) -> WebSocketCheck? {
    reader.require("url")
    let url = reader.string("url", bytes: 1...2048)
    var check = WebSocketCheck(url: url ?? "")
    check.headers = secrets.headers("headers", &reader)
    check.subprotocols = reader.strings("subprotocols", count: 8, bytes: 1...64) ?? []
    if let tls = TLSWishesDocument.read(&reader, &secrets) { check.tls = tls }
    check.script = ScriptDocument.read(&reader)
    check.closeCode = reader.integer("close_code", in: UInt16(1_000)...4_999)
    check.degradedBelowCertificateDays = CommonDocument.certificateDays(&reader)
    CommonDocument.read(&reader, into: &check, for: .websocket)
    return url == nil ? nil : check
  }
}
