import Model

/// The option that holds what a dns check asks:
///
/// ```
/// type string | flags varint | transport varint | servers varint (0 system, 1 these, 2 the zone's)
/// | servers or the zone: count varint, strings | codes: count varint, strings
/// | answers varint (0 some, 1 none, 2 any, 3 all, 4 exactly) | answers: count varint, strings
/// | least TTL + 1 varint | most TTL + 1 varint, 0 where there is none
/// ```
/// Flags: 1 each server must be good, 2 no recursion, 4 authority, 8 authentic data, 16 serials agree.
/// Transports: 0 UDP, 1 TCP, 2 TLS, 3 HTTPS; what is wished of TLS is an option of its own.
extension TargetCodec {
  static func dns(_ options: TargetOptions) throws(WireError) -> DNSCheck {
    var check = DNSCheck(name: try options.address(), type: "A")
    try options.common(&check)
    check.tls = try options.tls() ?? TLSWishes()
    try options.group(.question) { reader throws(WireError) in
      check.type = try reader.string(limit: 32)
      let flags = try reader.varint()
      check.asksEach = flags & 1 != 0
      check.wantsRecursion = flags & 2 == 0
      check.needsAuthority = flags & 4 != 0
      check.needsAuthenticData = flags & 8 != 0
      check.serialsAgree = flags & 16 != 0
      guard
        let transport = UInt8(exactly: try reader.varint()).flatMap({
          DNSCheck.Transport(rawValue: $0)
        })
      else { throw .value }
      check.transport = transport
      let servers = try reader.varint()
      let names = try texts(&reader)
      switch servers {
      case 0: check.servers = .system
      case 1: check.servers = .these(names)
      case 2:
        guard let zone = names.first else { throw .value }
        check.servers = .zone(zone)
      default: throw .value
      }
      check.codes = try texts(&reader)
      let answers = try reader.varint()
      let expected = try texts(&reader)
      switch answers {
      case 0: check.answers = .some
      case 1: check.answers = .none
      case 2: check.answers = .any(expected)
      case 3: check.answers = .all(expected)
      case 4: check.answers = .exactly(expected)
      default: throw .value
      }
      check.leastTTL = try time(&reader)
      check.mostTTL = try time(&reader)
    }
    return check
  }

  static func encode(_ check: DNSCheck, to writer: inout ByteWriter) {
    writer.string(check.type, limit: 32)
    let flags: UInt64 =
      (check.asksEach ? 1 : 0) | (check.wantsRecursion ? 0 : 2) | (check.needsAuthority ? 4 : 0)
      | (check.needsAuthenticData ? 8 : 0) | (check.serialsAgree ? 16 : 0)
    writer.varint(flags)
    writer.varint(check.transport.rawValue)
    switch check.servers {
    case .system: put(0, [], to: &writer)
    case .these(let servers): put(1, servers, to: &writer)
    case .zone(let zone): put(2, [zone], to: &writer)
    }
    put(nil, check.codes, to: &writer)
    switch check.answers {
    case .some: put(0, [], to: &writer)
    case .none: put(1, [], to: &writer)
    case .any(let answers): put(2, answers, to: &writer)
    case .all(let answers): put(3, answers, to: &writer)
    case .exactly(let answers): put(4, answers, to: &writer)
    }
    for time in [check.leastTTL, check.mostTTL] {
      writer.varint(time.map { UInt64($0) + 1 } ?? 0)
    }
  }

  private static func put(_ kind: UInt64?, _ texts: [String], to writer: inout ByteWriter) {
    if let kind { writer.varint(kind) }
    writer.count(texts.count)
    for text in texts { writer.string(text, limit: textLimit) }
  }

  private static func texts(_ reader: inout ByteReader) throws(WireError) -> [String] {
    var texts: [String] = []
    for _ in 0..<(try reader.count(minimumBytes: 1)) {
      texts.append(try reader.string(limit: textLimit))
    }
    return texts
  }

  private static func time(_ reader: inout ByteReader) throws(WireError) -> UInt32? {
    let number = try reader.varint()
    guard number > 0 else { return nil }
    guard let time = UInt32(exactly: number - 1) else { throw .value }
    return time
  }
}
