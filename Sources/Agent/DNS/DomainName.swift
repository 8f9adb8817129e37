import Model

/// A name of the DNS as bytes (RFC 1035 section 3.1): labels of 1 to 63 bytes, 255 bytes in all.
///
/// It keeps the case it was given; two names are equal whatever the case of their ASCII letters.
public struct DomainName: Sendable {
  /// The most that a name takes on the wire, its last zero included.
  public static let mostBytes = 255
  public static let mostLabelBytes = 63
  public static let root = DomainName(wire: [0])

  /// As on the wire and without compression: each label behind its length, and a zero.
  public let bytes: [UInt8]

  /// Takes bytes that are known to be a whole name.
  init(wire bytes: [UInt8]) {
    self.bytes = bytes
  }

  public var isRoot: Bool { bytes.count == 1 }

  /// How many labels it has; the root has none.
  public var labelCount: Int { labels.count }

  /// Its labels, first to last, without their lengths.
  public var labels: [ArraySlice<UInt8>] {
    var labels: [ArraySlice<UInt8>] = []
    var position = 0
    while bytes[position] != 0 {
      let end = position + 1 + Int(bytes[position])
      labels.append(bytes[position + 1..<end])
      position = end
    }
    return labels
  }

  /// Whether the last label is made of digits alone, as in an address: no top level domain is.
  public var endsInNumber: Bool {
    guard let last = labels.last else { return false }
    return last.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// Whether it is `other` or below it.
  public func isWithin(_ other: DomainName) -> Bool {
    let own = labels
    let above = other.labels
    guard own.count >= above.count else { return false }
    return zip(own.suffix(above.count), above).allSatisfy { left, right in
      left.elementsEqual(right) { Self.folded($0) == Self.folded($1) }
    }
  }

  /// This name with `suffix` behind it.
  public func appending(_ suffix: DomainName) throws(DomainNameError) -> DomainName {
    let whole = bytes.dropLast() + suffix.bytes
    guard whole.count <= Self.mostBytes else { throw .tooLong }
    return DomainName(wire: Array(whole))
  }

  /// The name under which an address's PTR record stands (RFC 1035 section 3.5, RFC 3596 section 2.5).
  public init(reverseOf address: IPAddress) {
    var wire: [UInt8] = []
    func append(_ label: some Collection<UInt8>) {
      wire.append(UInt8(label.count))
      wire.append(contentsOf: label)
    }
    switch address {
    case .ipv4:
      for byte in address.bytes.reversed() { append(Array("\(byte)".utf8)) }
      append(Array("in-addr".utf8))
    case .ipv6:
      let digits = Array("0123456789abcdef".utf8)
      for byte in address.bytes.reversed() {
        append([digits[Int(byte & 15)]])
        append([digits[Int(byte >> 4)]])
      }
      append(Array("ip6".utf8))
    }
    append(Array("arpa".utf8))
    wire.append(0)
    bytes = wire
  }

  /// The same name with its letters in upper and lower case at random, which a name server echoes:
  /// more bits for a forger to guess (draft-vixie-dnsext-dns0x20).
  public func mixingCase(using generator: inout some RandomNumberGenerator) -> DomainName {
    var bits: UInt64 = 0
    var left = 0
    return DomainName(
      wire: bytes.map { byte in
        let lower = byte | 0x20
        guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower), byte > 63 else {
          return byte
        }
        if left == 0 {
          bits = generator.next()
          left = 64
        }
        defer {
          bits >>= 1
          left -= 1
        }
        return bits & 1 == 0 ? lower : lower & ~0x20
      })
  }

  /// Whether the two are the same byte by byte, the case of letters included.
  public func isIdentical(to other: DomainName) -> Bool { bytes == other.bytes }

  /// Upper-case ASCII letters as lower-case ones; all else, lengths among it, stays.
  static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}

extension DomainName: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.bytes.count == right.bytes.count
      && zip(left.bytes, right.bytes).allSatisfy { folded($0) == folded($1) }
  }

  public func hash(into hasher: inout Hasher) {
    for byte in bytes { hasher.combine(Self.folded(byte)) }
  }
}
