import Conditions
import DNS
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
    judgeFamily(of: check, in: &reader)
    switch check {
    case .http(let check): judge(check, in: &reader)
    case .tcp(let check):
      judge(host: check.host, in: &reader)
      judge(check.tls, in: &reader)
      judge(check.script, in: &reader)
    case .udp(let check):
      judge(host: check.host, in: &reader)
      if let pattern = check.expectation { judge(pattern, at: reader.child("expect"), in: &reader) }
    case .icmp(let check): judge(host: check.host, in: &reader)
    case .dns(let check):
      judge(check.tls, in: &reader)
      do throws(DNSQuestionError) {
        _ = try DNSQuestion(check)
      } catch {
        reader.note(reader.child(error.member), error.detail)
      }
    case .tls(let check):
      judge(host: check.host, in: &reader)
      judge(check.tls, in: &reader)
    case .grpc(let check):
      judge(host: check.host, in: &reader)
      judge(check.tls, in: &reader)
      judge(check.metadata, "metadata", in: &reader)
      for (index, entry) in check.metadata.enumerated()
      where entry.name.utf8.contains(where: { (65...90).contains($0) }) {
        let place = JSONPointer.child(String(index), of: reader.child("metadata"))
        reader.note(place + "/name", "must be in lower case")
      }
    case .websocket(let check): judge(check, in: &reader)
    }
  }

  private static func judge(host: String, in reader: inout ObjectReader) {
    if let reason = hostProblem(host) { reader.note(reader.child("host"), reason) }
  }

  private static func judge(_ check: WebSocketCheck, in reader: inout ObjectReader) {
    if let reason = urlProblem(check.url, schemes: ["wss", "ws"]) {
      reader.note(reader.child("url"), reason)
    }
    judge(check.headers, "headers", in: &reader)
    for header in check.headers
    where header.name.lowercased().hasPrefix("sec-websocket-")
      || header.name.lowercased() == "host"
    {
      reader.note(reader.child("headers"), "must not carry \(header.name): the agent sets it")
    }
    if !check.subprotocols.allSatisfy(isToken) {
      reader.note(reader.child("subprotocols"), "must be names: letters, digits and hyphens")
    }
    judge(check.tls, in: &reader)
    judge(check.script, in: &reader)
  }

  private static func judge(_ wishes: TLSWishes?, in reader: inout ObjectReader) {
    guard let wishes else { return }
    let place = reader.child("tls")
    if let name = wishes.serverName, let reason = hostProblem(name) {
      reader.note(place + "/server_name", reason)
    }
    for (member, text, label) in [
      ("ca", wishes.authorities, "CERTIFICATE"), ("certificate", wishes.certificate, "CERTIFICATE"),
      ("key", wishes.key, "PRIVATE KEY"),
    ] {
      guard let text, !text.isEmpty else { continue }
      if !text.contains("-----BEGIN ") || !text.contains("\(label)-----") {
        reader.note(
          "\(place)/\(member)", "must be PEM, with a line that ends in \(label)-----")
      } else if text.contains("ENCRYPTED") {
        reader.note("\(place)/\(member)", "must not be encrypted: nobody is there to open it")
      }
    }
    if (wishes.certificate == nil) != (wishes.key == nil) {
      reader.note(place, "must have both certificate and key, or neither")
    }
    if !wishes.verifies, wishes.authorities != nil {
      reader.note(place + "/ca", "means nothing beside insecure, which believes anybody")
    }
  }

  private static func judge(_ script: [ScriptStep], in reader: inout ObjectReader) {
    for (index, step) in script.enumerated() {
      guard case .expect(let pattern) = step else { continue }
      let place = JSONPointer.child(String(index), of: reader.child("script"))
      judge(pattern, at: place + "/expect", in: &reader)
    }
  }

  private static func judge(_ pattern: String, at place: String, in reader: inout ObjectReader) {
    do throws(PatternError) {
      _ = try LinearPattern(parsing: pattern)
    } catch {
      reader.note(place, "is no pattern at \(error)")
    }
  }

  private static func judge(
    _ headers: [RequestHeader], _ member: String, in reader: inout ObjectReader
  ) {
    for (index, header) in headers.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child(member))
      if !isToken(header.name) {
        reader.note(place + "/name", "must be a header's name: letters, digits and hyphens")
      } else if reservedHeaders.contains(header.name.lowercased()) {
        reader.note(place + "/name", "is set by the agent itself")
      }
      if hasControl(header.value) {
        reader.note(place + "/value", "must not contain line breaks or control characters")
      }
    }
  }

  private static func hasControl(_ text: String) -> Bool {
    text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }
  }

  private static func judge(_ check: HTTPCheck, in reader: inout ObjectReader) {
    if let reason = urlProblem(check.url) { reader.note(reader.child("url"), reason) }
    if !isToken(check.method) || ["CONNECT", "TRACE"].contains(check.method.uppercased()) {
      reader.note(
        reader.child("method"), "must be an HTTP method such as GET, other than CONNECT and TRACE")
    }
    judge(check.headers, "headers", in: &reader)
    judge(check.tls, in: &reader)
    judge(check.authentication, of: check, in: &reader)
    judge(check.proxy, of: check, in: &reader)
    if let location = check.expectedLocation {
      if let reason = urlProblem(location) { reader.note(reader.child("expect_location"), reason) }
      if check.maxRedirects != 0 {
        reader.note(
          reader.child("expect_location"), "needs max_redirects 0: the first answer must redirect")
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

  private static func judge(
    _ authentication: HTTPAuthentication?, of check: HTTPCheck, in reader: inout ObjectReader
  ) {
    guard let authentication else { return }
    let place = reader.child("auth")
    if check.headers.contains(where: { $0.name.lowercased() == "authorization" }) {
      reader.note(place, "can't stand beside an Authorization header")
    }
    var texts: [(String, String)] = []
    switch authentication {
    case .basic(let user, let password):
      texts = [("user", user), ("password", password)]
      if user.utf8.contains(UInt8(ascii: ":")) {
        reader.note(place + "/user", "must not contain a colon")
      }
    case .digest(let user, let password), .ntlm(let user, let password):
      texts = [("user", user), ("password", password)]
    case .bearer(let token): texts = [("token", token)]
    case .oauth2(let oauth):
      texts = [("client_id", oauth.clientID), ("client_secret", oauth.clientSecret)]
      if let reason = urlProblem(oauth.tokenURL) { reader.note(place + "/token_url", reason) }
    case .sigV4(let signing):
      texts = [
        ("access_key", signing.accessKey), ("secret_key", signing.secretKey),
        ("session_token", signing.sessionToken ?? ""),
      ]
      for (member, text) in [("region", signing.region), ("service", signing.service)]
      where !isToken(text) {
        reader.note("\(place)/\(member)", "must be a word such as eu-central-1")
      }
    }
    for (member, text) in texts where hasControl(text) {
      reader.note("\(place)/\(member)", "must not contain line breaks or control characters")
    }
  }

  private static func judge(
    _ proxy: Proxy?, of check: HTTPCheck, in reader: inout ObjectReader
  ) {
    guard let proxy else { return }
    let place = reader.child("proxy")
    let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
    if let reason = urlProblem(proxy.url, schemes: schemes) { reader.note(place + "/url", reason) }
    let authority = proxy.url.split(separator: "/").dropFirst().first ?? ""
    if authority.split(separator: "]").last?.contains(":") != true {
      reader.note(place + "/url", "must name its port, as in http://proxy.example:3128")
    }
    if proxy.password != nil, proxy.user == nil {
      reader.note(place + "/user", "is required beside a password")
    }
    for (member, text) in [("user", proxy.user), ("password", proxy.password)] {
      if let text, hasControl(text) {
        reader.note("\(place)/\(member)", "must not contain line breaks or control characters")
      }
    }
    if check.pinnedAddress != nil {
      reader.note(
        reader.child("resolve"), "means nothing beside a proxy, which finds the address itself")
    }
  }

  /// What is wrong with a URL to probe (RFC 3986 section 3), or `nil`.
  static func urlProblem(_ url: String, schemes: [String] = ["https", "http"]) -> String? {
    let bytes = Array(url.utf8)
    if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == UInt8(ascii: "\\") }) {
      return "must be ASCII without spaces and backslashes: write other characters"
        + " percent-encoded, names as xn--"
    }
    let lower = url.lowercased()
    guard let scheme = schemes.map({ $0 + "://" }).first(where: { lower.hasPrefix($0) }) else {
      let all = schemes.sorted().map { $0 + "://" }
      return "must begin with " + all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "")
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
