public import JSON
public import Model

/// What a well-formed check must also be before it may become a monitor's.
///
/// Agents judge the addresses that a target resolves to; the text is judged here only so far that
/// nothing can be smuggled into a request and that a mistake is found when it is made.
public enum CheckRules {
  /// Headers that the agent itself sets, or that would change how the request is framed.
  static let reservedHeaders: Set<String> = [
    "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "upblit-probe",
  ]

  /// Notes in `reader`, which read the check, what is wrong with its values.
  public static func judge(_ check: Check, in reader: inout ObjectReader) {
    switch check {
    case .http(let check): judge(check, in: &reader)
    case .tcp(let check):
      if let reason = hostProblem(check.host) { reader.note(reader.child("host"), reason) }
    }
  }

  private static func judge(_ check: HTTPCheck, in reader: inout ObjectReader) {
    if let reason = urlProblem(check.url) { reader.note(reader.child("url"), reason) }
    if !isToken(check.method) || ["CONNECT", "TRACE"].contains(check.method.uppercased()) {
      reader.note(
        reader.child("method"), "must be an HTTP method such as GET, other than CONNECT and TRACE")
    }
    for (index, header) in check.headers.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("headers"))
      if !isToken(header.name) {
        reader.note(place + "/name", "must be a header's name: letters, digits and hyphens")
      } else if reservedHeaders.contains(header.name.lowercased()) {
        reader.note(place + "/name", "is set by the agent itself")
      }
      if header.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
        reader.note(place + "/value", "must not contain line breaks or control characters")
      }
    }
    if !check.body.isEmpty, ["GET", "HEAD"].contains(check.method.uppercased()) {
      reader.note(reader.child("method"), "must be one that carries a body, such as POST")
    }
    if check.method.uppercased() == "HEAD", !check.contains.isEmpty {
      reader.note(
        reader.child("contains"), "can't be found in the answer to HEAD, which has no body")
    }
  }

  /// What is wrong with a URL to probe (RFC 3986 section 3), or `nil`.
  static func urlProblem(_ url: String) -> String? {
    let bytes = Array(url.utf8)
    if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == UInt8(ascii: "\\") }) {
      return "must be ASCII without spaces and backslashes: write other characters"
        + " percent-encoded, names as xn--"
    }
    let lower = url.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else {
      return "must begin with http:// or https://"
    }
    let authority = bytes.dropFirst(scheme.utf8.count).prefix {
      ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
    }
    if authority.contains(UInt8(ascii: "@")) {
      return "must not carry a user name or password: send an Authorization header"
    }
    return authorityProblem(String(decoding: authority, as: UTF8.self))
  }

  private static func authorityProblem(_ authority: String) -> String? {
    var host = Array(authority.utf8)
    var port: [UInt8]?
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else {
        return "has an IPv6 address without its closing bracket"
      }
      let rest = Array(host[(end + 1)...])
      host = Array(host[1..<end])
      guard rest.isEmpty || rest.first == UInt8(ascii: ":") else {
        return "has something other than a port behind its host"
      }
      guard host.contains(UInt8(ascii: ":")) else { return "has brackets around no IPv6 address" }
      if !rest.isEmpty { port = Array(rest.dropFirst()) }
    } else if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
      port = Array(host[(colon + 1)...])
      host = Array(host[..<colon])
    }
    if let port, !(UInt16(String(decoding: port, as: UTF8.self)).map { $0 > 0 } ?? false) {
      return "must have a port from 1 to 65535"
    }
    return hostProblem(String(decoding: host, as: UTF8.self))
  }

  /// What is wrong with a host to probe, or `nil`.
  static func hostProblem(_ host: String) -> String? {
    let bytes = Array(host.utf8)
    if bytes.isEmpty { return "must name a host" }
    if bytes.count > 253 { return "has a host of more than 253 bytes" }
    let others = Set("-._:".utf8)
    guard bytes.allSatisfy({ isLetterOrDigit($0) || others.contains($0) }) else {
      return "must name a host by its letters, digits, hyphens and dots, or by an IP address"
    }
    if bytes.contains(UInt8(ascii: ":")) {
      let isAddress = bytes.allSatisfy {
        Character(Unicode.Scalar($0)).isHexDigit || $0 == UInt8(ascii: ":")
          || $0 == UInt8(ascii: ".")
      }
      return isAddress && bytes.count { $0 == UInt8(ascii: ":") } >= 2
        ? nil : "must not carry a port in its host"
    }
    let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let named = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
    return !named.isEmpty && named.allSatisfy { 1...63 ~= $0.count }
      ? nil : "has a host with an empty or overlong part between its dots"
  }

  /// Whether `text` is a token (RFC 9110 section 5.6.2).
  static func isToken(_ text: String) -> Bool {
    let others = Set("!#$%&'*+-.^_`|~".utf8)
    return !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || others.contains($0) }
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
