/// A type of resource record, as IANA numbers them.
public struct RecordType: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  public static let a = RecordType(rawValue: 1)
  public static let ns = RecordType(rawValue: 2)
  public static let cname = RecordType(rawValue: 5)
  public static let soa = RecordType(rawValue: 6)
  public static let ptr = RecordType(rawValue: 12)
  public static let mx = RecordType(rawValue: 15)
  public static let txt = RecordType(rawValue: 16)
  public static let aaaa = RecordType(rawValue: 28)
  public static let srv = RecordType(rawValue: 33)
  public static let naptr = RecordType(rawValue: 35)
  public static let dname = RecordType(rawValue: 39)
  /// Not a record: what carries EDNS.
  public static let opt = RecordType(rawValue: 41)
  public static let ds = RecordType(rawValue: 43)
  public static let sshfp = RecordType(rawValue: 44)
  public static let rrsig = RecordType(rawValue: 46)
  public static let nsec = RecordType(rawValue: 47)
  public static let dnskey = RecordType(rawValue: 48)
  public static let nsec3 = RecordType(rawValue: 50)
  public static let nsec3param = RecordType(rawValue: 51)
  public static let tlsa = RecordType(rawValue: 52)
  public static let svcb = RecordType(rawValue: 64)
  public static let https = RecordType(rawValue: 65)
  public static let spf = RecordType(rawValue: 99)
  /// A question for whatever there is.
  public static let any = RecordType(rawValue: 255)
  public static let caa = RecordType(rawValue: 257)

  private static let words: [(RecordType, String)] = [
    (.a, "A"), (.ns, "NS"), (.cname, "CNAME"), (.soa, "SOA"), (.ptr, "PTR"), (.mx, "MX"),
    (.txt, "TXT"), (.aaaa, "AAAA"), (.srv, "SRV"), (.naptr, "NAPTR"), (.dname, "DNAME"),
    (.opt, "OPT"), (.ds, "DS"), (.sshfp, "SSHFP"), (.rrsig, "RRSIG"), (.nsec, "NSEC"),
    (.dnskey, "DNSKEY"), (.nsec3, "NSEC3"), (.nsec3param, "NSEC3PARAM"), (.tlsa, "TLSA"),
    (.svcb, "SVCB"), (.https, "HTTPS"), (.spf, "SPF"), (.any, "ANY"), (.caa, "CAA"),
  ]

  /// Reads a mnemonic in any case, or `TYPE` and a number (RFC 3597 section 5).
  public init?(word: some StringProtocol) {
    let word = word.uppercased()
    if let known = Self.words.first(where: { $0.1 == word }) {
      self = known.0
      return
    }
    let digits = word.dropFirst(4)
    guard word.utf8.starts(with: "TYPE".utf8), digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = UInt16(digits)
    else { return nil }
    self.init(rawValue: number)
  }
}

extension RecordType: CustomStringConvertible {
  /// The mnemonic, or `TYPE` and the number where there is none here.
  public var description: String {
    Self.words.first { $0.0 == self }?.1 ?? "TYPE\(rawValue)"
  }
}
