import Conditions
import JSON
import Model

/// The document of a grpc check:
///
/// ```json
/// {"kind": "grpc", "host": "api.example.org", "port": 443, "service": "shop.Cart",
///  "plaintext": false, "tls": {}, "metadata": [{"name": "x-tenant", "value": "7"}],
///  "degraded_below_certificate_days": null}
/// ```
/// Without a `service` the server as a whole is asked for.
enum GRPCDocument {
  static func json(_ check: GRPCCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "grpc"
    object["host"] = .string(check.host)
    object["port"] = .integer(Int64(check.port))
    object["service"] = .string(check.service)
    object["plaintext"] = .bool(check.tls == nil)
    object["tls"] =
      check.tls.map { TLSWishesDocument.json($0, hidingSecrets: hidingSecrets) } ?? .null
    object["metadata"] = .array(
      check.metadata.map { CheckSecrets.json($0, hidden: hidingSecrets) })
    object["degraded_below_certificate_days"] = .optional(check.degradedBelowCertificateDays)
    return object
  }

  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> GRPCCheck? {
    let host = CommonDocument.host(&reader)
    let port = CommonDocument.port(&reader)
    var check = GRPCCheck(host: host ?? "", port: port ?? 0)
    check.service = reader.string("service", bytes: 0...255) ?? ""
    let isPlain = reader.bool("plaintext") ?? false
    let tls = TLSWishesDocument.read(&reader, &secrets)
    if isPlain, tls != nil { reader.note(reader.child("tls"), "can't stand beside plaintext") }
    check.tls = isPlain ? nil : tls ?? TLSWishes()
    check.metadata = secrets.headers("metadata", &reader)
    check.degradedBelowCertificateDays = CommonDocument.certificateDays(&reader)
    CommonDocument.read(&reader, into: &check, for: .grpc)
    return host == nil || port == nil ? nil : check
  }
}
