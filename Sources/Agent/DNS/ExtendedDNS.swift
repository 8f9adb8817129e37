/// What a message says beside its records (EDNS, RFC 6891), without the code of the response.
public struct ExtendedDNS: Hashable, Sendable {
  /// A size of UDP answer that passes most networks in one piece (dnsflagday.net, 2020).
  public static let commonPayloadBytes: UInt16 = 1_232

  /// The largest UDP message that the sender takes.
  public var payloadBytes: UInt16
  public var version: UInt8
  /// Whether signatures are wanted, or there (the DO bit, RFC 3225).
  public var wantsSignatures: Bool
  public var options: [Option]

  public init(
    payloadBytes: UInt16 = commonPayloadBytes, version: UInt8 = 0, wantsSignatures: Bool = false,
    options: [Option] = []
  ) {
    self.payloadBytes = payloadBytes
    self.version = version
    self.wantsSignatures = wantsSignatures
    self.options = options
  }

  /// One option as it came.
  public struct Option: Hashable, Sendable {
    static let cookie: UInt16 = 10
    static let extendedError: UInt16 = 15

    public var code: UInt16
    public var value: [UInt8]

    public init(code: UInt16, value: [UInt8]) {
      self.code = code
      self.value = value
    }

    /// A cookie (RFC 7873 section 4): eight bytes of the client's, and what the server gave before.
    public static func cookie(client: UInt64, server: [UInt8]) -> Option {
      Option(
        code: cookie,
        value: (0..<8).map { UInt8(truncatingIfNeeded: client >> UInt64(56 - $0 * 8)) } + server)
    }
  }

  /// The client's cookie that an answer carries back, and the server's beside it, which is empty or 8
  /// to 32 bytes; `nil` where there is none of that form.
  public var cookie: (client: UInt64, server: [UInt8])? {
    guard let value = options.first(where: { $0.code == Option.cookie })?.value,
      value.count == 8 || (16...40).contains(value.count)
    else { return nil }
    let client = value.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return (client, Array(value.dropFirst(8)))
  }

  /// What the server adds about an error, a number and a text (RFC 8914), each as a line for a person.
  public var extendedErrors: [String] {
    options.filter { $0.code == Option.extendedError && $0.value.count >= 2 }.prefix(4).map {
      let number = UInt16($0.value[0]) << 8 | UInt16($0.value[1])
      let text = $0.value.dropFirst(2).prefix(200)
      let words = Self.extendedErrorWords
      let word = Int(number) < words.count ? words[Int(number)] : ""
      return (["\(number)", word].filter { !$0.isEmpty }.joined(separator: " "))
        + (text.isEmpty ? "" : ": " + PresentationText.quoted(text))
    }
  }

  /// RFC 8914 section 4, by number.
  private static let extendedErrorWords = [
    "", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer",
    "Forged Answer", "DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired",
    "Signature Not Yet Valid", "DNSKEY Missing", "RRSIGs Missing", "No Zone Key Bit Set",
    "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored", "Filtered", "Prohibited",
    "Stale NXDOMAIN Answer", "Not Authoritative", "Not Supported", "No Reachable Authority",
    "Network Error", "Invalid Data",
  ]
}
