import Model

extension RecordData {
  /// Reads the data of a record of a known type; the reader is at its end afterwards.
  init(
    of type: RecordType, recordClass: UInt16, from reader: inout MessageReader
  ) throws(DNSMessageError) {
    switch type {
    case .a, .aaaa:
      guard recordClass == ResourceRecord.internet else {
        self = .unknown(reader.rest())
        return
      }
      let bytes = reader.rest()
      guard bytes.count == (type == .a ? 4 : 16), let address = IPAddress(bytes: bytes) else {
        throw .data(type)
      }
      self = .address(address)
    case .ns, .cname, .ptr, .dname:
      self = .name(try reader.name())
    case .mx:
      self = .mailExchange(preference: try reader.number16(), exchange: try reader.name())
    case .soa:
      self = .startOfAuthority(try StartOfAuthority(from: &reader))
    case .txt, .spf:
      self = .text(try Self.strings(from: &reader, type))
    case .srv:
      self = .service(
        ServiceLocation(
          priority: try reader.number16(), weight: try reader.number16(),
          port: try reader.number16(), target: try reader.name()))
    case .naptr:
      self = .naming(
        NamingRule(
          order: try reader.number16(), preference: try reader.number16(),
          flags: try reader.characterString(), services: try reader.characterString(),
          expression: try reader.characterString(), replacement: try reader.name()))
    case .caa:
      let flags = try reader.byte()
      let tag = try reader.characterString()
      guard !tag.isEmpty else { throw .data(type) }
      self = .authorization(Authorization(flags: flags, tag: tag, value: reader.rest()))
    case .svcb, .https:
      self = .binding(try ServiceBinding(from: &reader, type))
    case .tlsa:
      self = .tlsAssociation(
        usage: try reader.byte(), selector: try reader.byte(), matching: try reader.byte(),
        data: reader.rest())
    case .sshfp:
      self = .sshFingerprint(
        algorithm: try reader.byte(), kind: try reader.byte(), fingerprint: reader.rest())
    case .ds:
      self = .delegationSigner(
        keyTag: try reader.number16(), algorithm: try reader.byte(),
        digestKind: try reader.byte(), digest: reader.rest())
    case .dnskey:
      self = .key(
        flags: try reader.number16(), protocol: try reader.byte(), algorithm: try reader.byte(),
        key: reader.rest())
    case .rrsig:
      self = .signature(try RecordSignature(from: &reader))
    case .nsec:
      let next = try reader.name(mayPoint: false)
      self = .nextSecure(next: next, types: try Self.types(from: &reader))
    default:
      self = .unknown(reader.rest())
    }
    guard reader.isAtEnd else { throw .data(type) }
  }

  private static func strings(
    from reader: inout MessageReader, _ type: RecordType
  ) throws(DNSMessageError) -> [[UInt8]] {
    guard !reader.isAtEnd else { throw .data(type) }
    var strings: [[UInt8]] = []
    while !reader.isAtEnd { strings.append(try reader.characterString()) }
    return strings
  }

  /// A bit for each type, in windows of 256 (RFC 4034 section 4.1.2).
  private static func types(
    from reader: inout MessageReader
  ) throws(DNSMessageError) -> [RecordType] {
    var types: [RecordType] = []
    var last = -1
    while !reader.isAtEnd {
      let window = Int(try reader.byte())
      let count = Int(try reader.byte())
      guard window > last, (1...32).contains(count) else { throw .data(.nsec) }
      last = window
      for (index, byte) in try reader.take(count).enumerated() {
        for bit in 0..<8 where byte & (0x80 >> UInt8(bit)) != 0 {
          types.append(RecordType(rawValue: UInt16(window << 8 | index << 3 | bit)))
        }
      }
    }
    return types
  }
}

extension StartOfAuthority {
  init(from reader: inout MessageReader) throws(DNSMessageError) {
    self.init(
      primary: try reader.name(), mailbox: try reader.name(), serial: try reader.number32(),
      refresh: try reader.number32(), retry: try reader.number32(), expire: try reader.number32(),
      minimum: try reader.number32())
  }
}

extension RecordSignature {
  init(from reader: inout MessageReader) throws(DNSMessageError) {
    self.init(
      covered: RecordType(rawValue: try reader.number16()), algorithm: try reader.byte(),
      labels: try reader.byte(), originalTTL: try reader.number32(),
      expiration: try reader.number32(), inception: try reader.number32(),
      keyTag: try reader.number16(), signer: try reader.name(mayPoint: false),
      signature: reader.rest())
  }
}

extension ServiceBinding {
  init(from reader: inout MessageReader, _ type: RecordType) throws(DNSMessageError) {
    self.init(priority: try reader.number16(), target: try reader.name(mayPoint: false))
    while !reader.isAtEnd {
      let key = try reader.number16()
      guard parameters.last.map({ $0.key < key }) ?? true else { throw .data(type) }
      let value = try reader.take(Int(try reader.number16()))
      guard Parameter.isWellFormed(key: key, value) else { throw .data(type) }
      parameters.append(Parameter(key: key, value: value))
    }
  }
}
