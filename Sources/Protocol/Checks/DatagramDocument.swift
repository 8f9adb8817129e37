import Conditions
import JSON
import Model

/// The documents of checks that send datagrams:
///
/// ```json
/// {"kind": "udp", "host": "example.org", "port": 53, "send": "ping", "expect": "pong"}
/// {"kind": "icmp", "host": "example.org", "packets": 3, "spacing_ms": 200, "size_bytes": 56,
///  "max_loss_percent": 99}
/// ```
/// `send_base64` carries bytes that are no text. `expect` is a pattern; without one a target is up
/// unless its host says that nothing listens.
enum DatagramDocument {
  static func json(_ check: UDPCheck) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "udp"
    object["host"] = .string(check.host)
    object["port"] = .integer(Int64(check.port))
    CommonDocument.write(check.payload, as: "send", to: &object)
    object["expect"] = .optional(check.expectation)
    return object
  }

  static func json(_ check: ICMPCheck) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "icmp"
    object["host"] = .string(check.host)
    object["packets"] = .integer(Int64(check.packets))
    object["spacing_ms"] = .integer(Int64(check.spacingMs))
    object["size_bytes"] = .integer(Int64(check.size))
    object["max_loss_percent"] = .integer(Int64(check.mostLossPercent))
    return object
  }

  static func readUDP(_ reader: inout ObjectReader) -> UDPCheck? {
    let host = CommonDocument.host(&reader)
    let port = CommonDocument.port(&reader)
    let payload = CommonDocument.bytes("send", most: 1_200, &reader)
    if payload?.isEmpty ?? true, reader.errors.errors.isEmpty {
      reader.note(reader.child("send"), "is required: what the target is to answer")
    }
    var check = UDPCheck(host: host ?? "", port: port ?? 0, payload: payload ?? [])
    check.expectation = reader.string("expect", bytes: 1...4096)
    CommonDocument.read(&reader, into: &check, for: .udp)
    return host == nil || port == nil ? nil : check
  }

  static func readICMP(_ reader: inout ObjectReader) -> ICMPCheck? {
    let host = CommonDocument.host(&reader)
    var check = ICMPCheck(host: host ?? "")
    if let value = reader.integer("packets", in: UInt32(1)...20) { check.packets = value }
    if let value = reader.integer("spacing_ms", in: UInt32(20)...5_000) { check.spacingMs = value }
    if let value = reader.integer("size_bytes", in: UInt32(16)...1_400) { check.size = value }
    if let value = reader.integer("max_loss_percent", in: UInt32(0)...99) {
      check.mostLossPercent = value
    }
    CommonDocument.read(&reader, into: &check, for: .icmp)
    return host == nil ? nil : check
  }
}
