import Conditions
import JSON
import Model

/// The document of a dns check:
///
/// ```json
/// {"kind": "dns", "name": "example.org", "type": "A", "servers": [], "zone": null, "each": false,
///  "transport": "udp", "recursion": true, "rcode": ["NOERROR"], "answers": {"any": ["192.0.2.1"]},
///  "authoritative": false, "dnssec": false, "ttl": {"min": 60, "max": null},
///  "serials_agree": false, "tls": null}
/// ```
/// `servers` are hosts with or without a port; without any, those of the agent's host are asked.
/// `transport` is `udp`, `tcp`, `tls` (RFC 7858) or `https` (RFC 8484); the last two need servers, of
/// whom the certificate is to be, and take `tls`. A server over `https` may be a whole URL, too;
/// otherwise its path is `/dns-query`.
/// `zone` asks each server that this zone names. `answers` is `{"any": [...]}`, `{"all": [...]}`,
/// `{"exactly": [...]}`, `"some"` (any record, the default) or `"none"`. `dnssec` demands the AD bit.
enum DNSDocument {
  static func json(_ check: DNSCheck, hidingSecrets: Bool) -> JSONObject {
    var object = JSONObject()
    object["kind"] = "dns"
    object["name"] = .string(check.name)
    object["type"] = .string(check.type)
    if case .these(let servers) = check.servers {
      object["servers"] = .strings(servers)
    } else {
      object["servers"] = []
    }
    if case .zone(let zone) = check.servers { object["zone"] = .string(zone) }
    object["each"] = .bool(check.asksEach)
    object["transport"] = .string(check.transport.word)
    object["recursion"] = .bool(check.wantsRecursion)
    object["rcode"] = .strings(check.codes)
    object["answers"] =
      switch check.answers {
      case .some: "some"
      case .none: "none"
      case .any(let answers): ["any": .strings(answers)]
      case .all(let answers): ["all": .strings(answers)]
      case .exactly(let answers): ["exactly": .strings(answers)]
      }
    object["authoritative"] = .bool(check.needsAuthority)
    object["dnssec"] = .bool(check.needsAuthenticData)
    object["ttl"] =
      check.leastTTL == nil && check.mostTTL == nil
      ? .null : ["min": .optional(check.leastTTL), "max": .optional(check.mostTTL)]
    object["serials_agree"] = .bool(check.serialsAgree)
    object["tls"] =
      check.transport.isEncrypted
      ? TLSWishesDocument.json(check.tls, hidingSecrets: hidingSecrets) : .null
    return object
  }

  static func read(_ reader: inout ObjectReader, _ secrets: inout SecretReader) -> DNSCheck? {
    reader.require("name")
    let name = reader.string("name", bytes: 1...1024)
    let type = reader.string("type", bytes: 1...16)
    var check = DNSCheck(name: name ?? "", type: type?.uppercased() ?? "A")
    let servers = reader.strings("servers", count: 8, bytes: 1...1024) ?? []
    let zone = reader.string("zone", bytes: 1...1024)
    if !servers.isEmpty { check.servers = .these(servers) }
    if let zone {
      if !servers.isEmpty { reader.note(reader.child("zone"), "can't stand beside servers") }
      check.servers = .zone(zone)
    }
    check.asksEach = reader.bool("each") ?? false
    let transport = reader.word("transport", of: DNSCheck.Transport.allCases.map(\.word))
    check.transport = DNSCheck.Transport.allCases.first { $0.word == transport } ?? .udp
    if let tls = TLSWishesDocument.read(&reader, &secrets) {
      check.tls = tls
      if !check.transport.isEncrypted {
        reader.note(reader.child("tls"), "needs the transport tls or https")
      }
    }
    check.wantsRecursion = reader.bool("recursion") ?? true
    if let codes = reader.strings("rcode", count: 16, bytes: 1...16) {
      check.codes = codes.map { $0.uppercased() }
    }
    readAnswers(&reader, into: &check)
    check.needsAuthority = reader.bool("authoritative") ?? false
    check.needsAuthenticData = reader.bool("dnssec") ?? false
    let ttl = reader.object("ttl") { reader -> (UInt32?, UInt32?)? in
      let range = UInt32(0)...UInt32(Int32.max)
      return (reader.integer("min", in: range), reader.integer("max", in: range))
    }
    (check.leastTTL, check.mostTTL) = ttl ?? (nil, nil)
    check.serialsAgree = reader.bool("serials_agree") ?? false
    CommonDocument.read(&reader, into: &check, for: .dns)
    return name == nil ? nil : check
  }

  private static func readAnswers(_ reader: inout ObjectReader, into check: inout DNSCheck) {
    switch reader.value("answers") {
    case nil, .null, "some": check.answers = .some
    case "none": check.answers = .none
    case .object:
      check.answers =
        reader.object("answers") { reader -> DNSCheck.Answers? in
          let lists = ["any", "all", "exactly"].compactMap { name in
            reader.strings(name, count: 32, bytes: 0...1024).map { (name, $0) }
          }
          guard lists.count == 1, let (name, texts) = lists.first else {
            if reader.errors.errors.isEmpty {
              reader.note(reader.pointer, "must have one of any, all and exactly")
            }
            return nil
          }
          switch name {
          case "any": return .any(texts)
          case "all": return .all(texts)
          default: return .exactly(texts)
          }
        } ?? .some
    default:
      reader.note(
        reader.child("answers"), "must be \"some\", \"none\", or an object with any, all or exactly"
      )
    }
  }
}
