/// What an address that requests go to, or that people follow, must be (RFC 3986 section 3).
enum URLRule {
  /// What is wrong with `url`, without saying it, or `nil`.
  static func problem(_ url: String, schemes: [String]) -> String? {
    let bytes = Array(url.utf8)
    if bytes.count > 2048 { return "must not be longer than 2048 bytes" }
    let others = Set("\"<>\\^`{|}".utf8)
    guard bytes.allSatisfy({ 0x21..<0x7f ~= $0 && !others.contains($0) }) else {
      return "must be ASCII without spaces and quotes: write other characters percent-encoded,"
        + " names as xn--"
    }
    let lower = url.lowercased()
    guard let scheme = schemes.map({ $0 + "://" }).first(where: { lower.hasPrefix($0) }) else {
      return "must begin with " + schemes.map { $0 + "://" }.joined(separator: " or ")
    }
    let rest = bytes.dropFirst(scheme.utf8.count)
    if rest.contains(UInt8(ascii: "#")) { return "must not have a fragment" }
    let authority = Array(rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
    if authority.contains(UInt8(ascii: "@")) { return "must not carry a user name or password" }
    var host = authority
    if host.first == UInt8(ascii: "["), let end = host.firstIndex(of: UInt8(ascii: "]")) {
      let port = host[(end + 1)...]
      guard port.isEmpty || isPort(port) else { return "must have a port from 1 to 65535" }
      let address = String(decoding: host[1..<end], as: UTF8.self)
      return address.utf8.contains(UInt8(ascii: ":"))
        ? hostProblem(address) : "has brackets around no IPv6 address"
    }
    if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
      guard isPort(host[colon...]) else { return "must have a port from 1 to 65535" }
      host = Array(host[..<colon])
    }
    return hostProblem(String(decoding: host, as: UTF8.self))
  }

  /// What is wrong with a host name or IP address, or `nil`.
  static func hostProblem(_ host: String) -> String? {
    let bytes = Array(host.utf8)
    if bytes.isEmpty { return "must name a host" }
    if bytes.contains(UInt8(ascii: ":")) {
      return isIPv6(bytes) ? nil : "must name a host, or be an IPv6 address without brackets"
    }
    let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let named = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
    let isName =
      bytes.count <= 253 && !named.isEmpty
      && named.allSatisfy { label in
        1...63 ~= label.count && label.first != UInt8(ascii: "-")
          && label.allSatisfy {
            isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
          }
      }
    return isName
      ? nil : "must name a host by letters, digits, hyphens and dots, or by an IP address"
  }

  /// Whether a host is this machine itself.
  static func isLoopback(_ host: String) -> Bool {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let isIPv4 = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
    return host.lowercased() == "localhost" || host == "::1" || (isIPv4 && labels[0] == "127")
  }

  /// `https://example.org` of a URL that `problem` takes: no path, which may be a secret.
  static func origin(_ url: String) -> String {
    guard let start = url.utf8.firstIndex(of: UInt8(ascii: ":")),
      let host = url.utf8.index(start, offsetBy: 3, limitedBy: url.utf8.endIndex)
    else { return "?" }
    let end = url.utf8[host...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    return String(url[..<(end ?? url.endIndex)])
  }

  private static func isIPv6(_ bytes: [UInt8]) -> Bool {
    bytes.count <= 45 && bytes.count(where: { $0 == UInt8(ascii: ":") }) >= 2
      && bytes.allSatisfy {
        Character(Unicode.Scalar($0)).isHexDigit || $0 == UInt8(ascii: ":")
          || $0 == UInt8(ascii: ".")
      }
  }

  /// `:443`.
  private static func isPort(_ bytes: some Collection<UInt8>) -> Bool {
    guard bytes.first == UInt8(ascii: ":") else { return false }
    let digits = bytes.dropFirst()
    return digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      && UInt16(String(decoding: digits, as: UTF8.self)).map { $0 > 0 } ?? false
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}
