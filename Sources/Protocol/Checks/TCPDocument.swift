import Conditions
import JSON
import Model

/// The document of a tcp check:
///
/// ```json
/// {"kind": "tcp", "host": "mail.example.org", "port": 25, "tls": null, "start_tls": null,
///  "script": [], "degraded_below_certificate_days": null}
/// ```
/// `start_tls` turns to TLS in the protocol's own words (smtp, imap, pop3, ftp, ldap, postgres, mysql,
/// xmpp), with `tls` or without.
enum TCPDocument {
  static func json(_ check: TCPCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "tcp"
    object["host"] = .string(check.host)
    object["port"] = .integer(Int64(check.port))
    object["tls"] =
      check.tls.map { TLSWishesDocument.json($0, hidingSecrets: hidingSecrets) } ?? .null
    object["start_tls"] = .optional(check.startTLS?.word)
    object["script"] = ScriptDocument.json(check.script)
    object["degraded_below_certificate_days"] = .optional(check.degradedBelowCertificateDays)
    return object
  }

  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> TCPCheck? {
    let host = CommonDocument.host(&reader)
    let port = CommonDocument.port(&reader)
    var check = TCPCheck(host: host ?? "", port: port ?? 0)
    check.tls = TLSWishesDocument.read(&reader, &secrets)
    check.startTLS = TLSWishesDocument.readStart(&reader)
    if check.startTLS != nil, check.tls == nil { check.tls = TLSWishes() }
    check.script = ScriptDocument.read(&reader)
    check.degradedBelowCertificateDays = CommonDocument.certificateDays(&reader)
    CommonDocument.read(&reader, into: &check, for: .tcp)
    return host == nil || port == nil ? nil : check
  }
}
