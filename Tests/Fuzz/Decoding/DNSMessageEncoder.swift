import DNS
import Model

/// Writes whole messages of the DNS, which the product itself never needs: what tests and their name
/// servers answer with, and where fuzzing begins.
public struct DNSMessageEncoder {
  public private(set) var bytes: [UInt8] = []
  private let compresses: Bool
  /// Where a name began, by its bytes.
  private var places: [[UInt8]: Int] = [:]

  public init(compressing: Bool = true) {
    compresses = compressing
  }

  public mutating func number16(_ number: UInt16) {
    bytes += [UInt8(number >> 8), UInt8(number & 255)]
  }

  public mutating func raw(_ more: [UInt8]) {
    bytes += more
  }

  public mutating func number32(_ number: UInt32) {
    number16(UInt16(number >> 16))
    number16(UInt16(number & 0xffff))
  }

  public mutating func name(_ name: DomainName, mayPoint: Bool = true) {
    var rest = name.bytes[...]
    while let length = rest.first, length > 0 {
      if compresses, mayPoint, let place = places[Array(rest)] {
        number16(0xc000 | UInt16(place))
        return
      }
      if bytes.count < 0x4000 { places[Array(rest)] = bytes.count }
      bytes += rest.prefix(1 + Int(length))
      rest = rest.dropFirst(1 + Int(length))
    }
    bytes.append(0)
  }

  public mutating func string(_ string: [UInt8]) {
    bytes.append(UInt8(string.count))
    bytes += string
  }

  /// A record, its length before its data.
  public mutating func record(_ record: ResourceRecord) {
    name(record.name)
    number16(record.type.rawValue)
    number16(record.recordClass)
    number32(record.ttl)
    let lengthAt = bytes.count
    number16(0)
    data(record.data)
    let length = bytes.count - lengthAt - 2
    bytes[lengthAt] = UInt8(length >> 8)
    bytes[lengthAt + 1] = UInt8(length & 255)
  }

  private mutating func data(_ data: RecordData) {
    switch data {
    case .address(let address): bytes += address.bytes
    case .name(let name): self.name(name)
    case .mailExchange(let preference, let exchange):
      number16(preference)
      name(exchange)
    case .startOfAuthority(let start):
      name(start.primary)
      name(start.mailbox)
      for number in [start.serial, start.refresh, start.retry, start.expire, start.minimum] {
        number32(number)
      }
    case .text(let strings): for string in strings { self.string(string) }
    case .service(let service):
      for number in [service.priority, service.weight, service.port] { number16(number) }
      name(service.target)
    case .naming(let rule):
      number16(rule.order)
      number16(rule.preference)
      for string in [rule.flags, rule.services, rule.expression] { self.string(string) }
      name(rule.replacement)
    case .authorization(let authorization):
      bytes.append(authorization.flags)
      string(authorization.tag)
      bytes += authorization.value
    case .binding(let binding):
      number16(binding.priority)
      name(binding.target, mayPoint: false)
      for parameter in binding.parameters {
        number16(parameter.key)
        number16(UInt16(parameter.value.count))
        bytes += parameter.value
      }
    case .tlsAssociation(let usage, let selector, let matching, let data):
      bytes += [usage, selector, matching] + data
    case .sshFingerprint(let algorithm, let kind, let fingerprint):
      bytes += [algorithm, kind] + fingerprint
    case .delegationSigner(let keyTag, let algorithm, let digestKind, let digest):
      number16(keyTag)
      bytes += [algorithm, digestKind] + digest
    case .key(let flags, let `protocol`, let algorithm, let key):
      number16(flags)
      bytes += [`protocol`, algorithm] + key
    case .signature(let signature): self.signature(signature)
    case .nextSecure(let next, let types):
      name(next, mayPoint: false)
      windows(types)
    case .unknown(let data): bytes += data
    }
  }

  private mutating func signature(_ signature: RecordSignature) {
    number16(signature.covered.rawValue)
    bytes += [signature.algorithm, signature.labels]
    for number in [signature.originalTTL, signature.expiration, signature.inception] {
      number32(number)
    }
    number16(signature.keyTag)
    name(signature.signer, mayPoint: false)
    bytes += signature.signature
  }

  /// RFC 4034 section 4.1.2
  private mutating func windows(_ types: [RecordType]) {
    for window in Set(types.map { $0.rawValue >> 8 }).sorted() {
      var bits = [UInt8](repeating: 0, count: 32)
      for type in types where type.rawValue >> 8 == window {
        let number = Int(type.rawValue & 255)
        bits[number / 8] |= 0x80 >> UInt8(number % 8)
      }
      while bits.last == 0 { bits.removeLast() }
      bytes += [UInt8(window), UInt8(bits.count)] + bits
    }
  }
}

extension DNSMessage {
  /// The message as it goes over the wire, with `additional` behind what it holds itself.
  public func encoded(
    compressing: Bool = true, additional: [ResourceRecord] = []
  ) -> [UInt8] {
    var encoder = DNSMessageEncoder(compressing: compressing)
    encoder.number16(id)
    encoder.number16(
      flags.rawValue | UInt16(operation) << 11 | responseCode.rawValue & 15)
    for count in [
      questions.count, answers.count, authorities.count,
      additional.count + (extended == nil ? 0 : 1),
    ] { encoder.number16(UInt16(count)) }
    for question in questions {
      encoder.name(question.name)
      encoder.number16(question.type.rawValue)
      encoder.number16(question.recordClass)
    }
    for record in answers + authorities + additional { encoder.record(record) }
    if let extended {
      var options = DNSMessageEncoder()
      for option in extended.options {
        options.number16(option.code)
        options.number16(UInt16(option.value.count))
        options.raw(option.value)
      }
      encoder.record(
        ResourceRecord(
          name: .root, type: .opt, recordClass: extended.payloadBytes,
          ttl: UInt32(responseCode.rawValue >> 4) << 24 | UInt32(extended.version) << 16
            | (extended.wantsSignatures ? 0x8000 : 0),
          data: .unknown(options.bytes)))
    }
    return encoder.bytes
  }
}
