import Conditions
import JSON
import Model

/// The document of a tls check:
///
/// ```json
/// {"kind": "tls", "host": "example.org", "port": 443, "tls": {}, "start_tls": null,
///  "ocsp_staple": false, "degraded_below_certificate_days": 14}
/// ```
/// `ocsp_staple` demands a good stapled status.
enum TLSDocument {
  static func json(_ check: TLSCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "tls"
    object["host"] = .string(check.host)
    object["port"] = .integer(Int64(check.port))
    object["tls"] = TLSWishesDocument.json(check.tls, hidingSecrets: hidingSecrets)
    object["start_tls"] = .optional(check.startTLS?.word)
    object["ocsp_staple"] = .bool(check.needsStatus)
    object["degraded_below_certificate_days"] = .optional(check.degradedBelowCertificateDays)
    return object
  }

  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> TLSCheck? {
    let host = CommonDocument.host(&reader)
    let port = CommonDocument.port(&reader)
    var check = TLSCheck(host: host ?? "", port: port ?? 0)
    if let tls = TLSWishesDocument.read(&reader, &secrets) { check.tls = tls }
    check.startTLS = TLSWishesDocument.readStart(&reader)
    check.needsStatus = reader.bool("ocsp_staple") ?? false
    if reader.has("degraded_below_certificate_days") {
      check.degradedBelowCertificateDays = CommonDocument.certificateDays(&reader)
    }
    CommonDocument.read(&reader, into: &check, for: .tls)
    return host == nil || port == nil ? nil : check
  }
}
