import Model
import DNS

/// A name that a test writes out, and that is known to be one.
func domain(_ text: String) -> DomainName {
  (try? DomainName(text)) ?? .root
}

/// An address that a test writes out.
func address(_ text: String) -> IPAddress {
  IPAddress(text: text) ?? .ipv4(0)
}

/// Bytes out of pairs of hexadecimal digits; blanks, line ends and what follows `;` in a line count for
/// nothing.
func bytes(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var half: UInt8?
  for line in text.split(separator: "\n") {
    for byte in line.utf8 {
      if byte == UInt8(ascii: ";") { break }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) else {
        continue
      }
      if let high = half {
        bytes.append(high << 4 | digit)
        half = nil
      } else {
        half = digit
      }
    }
  }
  return bytes
}

extension ResourceRecord {
  /// A record of a test.
  init(_ owner: String, _ type: RecordType, _ data: RecordData, ttl: UInt32 = 300) {
    self.init(name: domain(owner), type: type, ttl: ttl, data: data)
  }

  static func a(_ owner: String, _ text: String, ttl: UInt32 = 300) -> ResourceRecord {
    ResourceRecord(owner, .a, .address(address(text)), ttl: ttl)
  }

  static func aaaa(_ owner: String, _ text: String, ttl: UInt32 = 300) -> ResourceRecord {
    ResourceRecord(owner, .aaaa, .address(address(text)), ttl: ttl)
  }

  static func cname(_ owner: String, _ target: String, ttl: UInt32 = 300) -> ResourceRecord {
    ResourceRecord(owner, .cname, .name(domain(target)), ttl: ttl)
  }

  static func ns(_ owner: String, _ target: String) -> ResourceRecord {
    ResourceRecord(owner, .ns, .name(domain(target)))
  }

  static func soa(
    _ owner: String, serial: UInt32 = 1, minimum: UInt32 = 60, ttl: UInt32 = 300
  )
    -> ResourceRecord
  {
    ResourceRecord(
      owner, .soa,
      .startOfAuthority(
        StartOfAuthority(
          primary: domain("ns1." + owner), mailbox: domain("admin." + owner), serial: serial,
          refresh: 3_600, retry: 600, expire: 86_400, minimum: minimum)), ttl: ttl)
  }
}

extension LookupFailure {
  /// Which failure it is, without what it carries.
  var kind: String {
    switch self {
    case .noSuchName: "nxdomain"
    case .noData: "nodata"
    case .serverFailure: "servfail"
    case .refused: "refused"
    case .code: "rcode"
    case .referral: "referral"
    case .timeout: "timeout"
    case .spoofed: "spoofed"
    case .malformed: "malformed"
    case .truncated: "truncated"
    case .loop: "loop"
    case .unreachable: "unreachable"
    case .unknownServer: "unknown_server"
    case .noListener: "no_listener"
    case .closed: "closed"
    case .badName: "bad_name"
    case .own: "own"
    case .overload: "overload"
    case .noServer: "no_server"
    case .forbidden: "forbidden"
    case .stray: "stray"
    case .channel: "channel"
    }
  }
}

extension DNSVerdict {
  /// The code of the reason why it is not up.
  var code: String? { outcome.failure?.reason.code }
}
