/// A question as it is sent: one name, one type (RFC 1035 section 4).
public struct DNSQuery: Hashable, Sendable {
  public var id: UInt16
  public var name: DomainName
  public var type: RecordType
  public var recordClass: UInt16
  /// Asks the server to find the answer elsewhere, if need be (RD).
  public var wantsRecursion: Bool
  /// Says that the bit for authentic data is understood (AD, RFC 6840 section 5.7).
  public var wantsAuthenticData: Bool
  /// Asks for the answer even where its signatures are not good (CD, RFC 4035 section 3.2.2).
  public var disablesChecking: Bool
  public var extended: ExtendedDNS?

  public init(
    id: UInt16, name: DomainName, type: RecordType,
    recordClass: UInt16 = ResourceRecord.internet, wantsRecursion: Bool = true,
    wantsAuthenticData: Bool = false, disablesChecking: Bool = false, extended: ExtendedDNS? = nil
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.recordClass = recordClass
    self.wantsRecursion = wantsRecursion
    self.wantsAuthenticData = wantsAuthenticData
    self.disablesChecking = disablesChecking
    self.extended = extended
  }

  /// The message, at most 512 bytes: what does not fit of the options is left out.
  public func encoded() -> [UInt8] {
    var flags: MessageFlags = []
    if wantsRecursion { flags.insert(.recursionDesired) }
    if wantsAuthenticData { flags.insert(.authenticData) }
    if disablesChecking { flags.insert(.checkingDisabled) }
    var bytes: [UInt8] = []
    func append(_ number: UInt16) {
      bytes.append(UInt8(number >> 8))
      bytes.append(UInt8(number & 255))
    }
    for number in [id, flags.rawValue, 1, 0, 0, extended == nil ? 0 : 1] { append(number) }
    bytes += name.bytes
    append(type.rawValue)
    append(recordClass)
    guard let extended else { return bytes }
    var options: [UInt8] = []
    for option in extended.options where options.count + 4 + option.value.count <= 200 {
      for number in [option.code, UInt16(option.value.count)] {
        options += [UInt8(number >> 8), UInt8(number & 255)]
      }
      options += option.value
    }
    bytes.append(0)
    append(RecordType.opt.rawValue)
    append(extended.payloadBytes)
    bytes += [0, extended.version, extended.wantsSignatures ? 0x80 : 0, 0]
    append(UInt16(options.count))
    return bytes + options
  }
}

/// The flags of a message's header, where they stand in its second two bytes (RFC 1035 section 4.1.1,
/// RFC 2535 section 6.1).
public struct MessageFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// QR
  public static let response = MessageFlags(rawValue: 0x8000)
  /// AA
  public static let authoritative = MessageFlags(rawValue: 0x0400)
  /// TC
  public static let truncated = MessageFlags(rawValue: 0x0200)
  /// RD
  public static let recursionDesired = MessageFlags(rawValue: 0x0100)
  /// RA
  public static let recursionAvailable = MessageFlags(rawValue: 0x0080)
  /// AD
  public static let authenticData = MessageFlags(rawValue: 0x0020)
  /// CD
  public static let checkingDisabled = MessageFlags(rawValue: 0x0010)

  /// All that are flags; the rest of the two bytes are numbers.
  static let all: MessageFlags = [
    .response, .authoritative, .truncated, .recursionDesired, .recursionAvailable, .authenticData,
    .checkingDisabled,
  ]
}
