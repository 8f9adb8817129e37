import Model

extension DNSQuestion.NameServer {
  private static let scheme = Array("https://".utf8)

  /// Reads `host`, `host:port`, an IPv6 address, or one in brackets with a port; over HTTPS also a URL,
  /// `https://host[:port][/path]`.
  ///
  /// A host that must prove who it is consists of letters, digits, hyphens, underscores and dots, and
  /// a path of visible ASCII without what would end it, so that a URL made of them means what it says.
  public init?(text: String, over transport: LookupTransport = .udp) {
    let bytes = Array(text.utf8)
    var place = bytes[...]
    var path = Self.commonPath
    if transport == .https, bytes.starts(with: Self.scheme) {
      place = bytes[Self.scheme.count...]
      if let slash = place.firstIndex(of: UInt8(ascii: "/")) {
        guard place[slash...].allSatisfy(Self.mayStandInPath) else { return nil }
        path = String(decoding: place[slash...], as: UTF8.self)
        place = place[..<slash]
        if path == "/" { path = Self.commonPath }
      }
    }
    guard let (host, port) = Self.split(place) else { return nil }
    if IPAddress(text: host) == nil {
      guard !host.isEmpty, (try? DomainName.parse(host)) != nil else { return nil }
      if transport.isEncrypted, !host.allSatisfy(Self.mayStandInHost) { return nil }
    }
    self.init(
      String(decoding: host, as: UTF8.self), port: port ?? transport.commonPort, path: path)
  }

  /// Host and port; `nil` where the text can't be read as such.
  private static func split(
    _ text: ArraySlice<UInt8>
  ) -> (host: ArraySlice<UInt8>, port: UInt16?)? {
    if text.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      let host = text[text.startIndex + 1..<end]
      guard IPAddress(text: host)?.isIPv6 == true else { return nil }
      let rest = text[(end + 1)...]
      if rest.isEmpty { return (host, nil) }
      guard rest.first == UInt8(ascii: ":"), let port = port(rest.dropFirst()) else { return nil }
      return (host, port)
    }
    let colons = text.count { $0 == UInt8(ascii: ":") }
    if colons == 1, let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      guard let port = port(text[(colon + 1)...]) else { return nil }
      return (text[..<colon], port)
    }
    return colons > 1 && IPAddress(text: text) == nil ? nil : (text, nil)
  }

  private static func port(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt16(String(decoding: digits, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }

  private static func mayStandInHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func mayStandInPath(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && !"\"#<>\\^`{|}".utf8.contains(byte)
  }
}
