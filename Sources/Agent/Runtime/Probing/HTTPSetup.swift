import AgentCore
import Curl
import Model
import OpenSSL

/// How an http check becomes options of a libcurl handle.
extension ProbeSetup {
  static func http(
    _ target: AssignedTarget, _ check: HTTPCheck, agent: AgentID,
    configuration: ProberConfiguration, handle: EasyHandle
  ) throws -> ProbeSetup {
    guard let url = CurlURL(check.url) else { throw Unusable(reason: "the URL can't be read") }
    guard url.scheme == "http" || url.scheme == "https" else {
      throw Unusable(reason: "this kind of URL is not probed")
    }
    try setCommon(handle, timeoutMs: target.timeoutMs, url: url, family: check.family)
    try setTrust(handle, check.tls, configuration)
    if check.keepsConnection {
      try handle.set(.freshConnection, 0)
      try handle.set(.forbidReuse, 0)
    }
    if let proxy = check.proxy { try set(proxy, of: handle, configuration) }
    if check.keepsCookies { try handle.set(.cookieFile, "") }
    try setMethod(handle, check)
    let setup = ProbeSetup(handle: handle, url: url)
    setup.plan = HTTPPlan(
      check: check, agent: agent, slot: target.slot, configuration: configuration)
    try setup.setHome()
    if !setup.isRenewed { try setup.setHeaders(startedAtMs: 0, token: nil) }
    return setup
  }

  /// What every TLS connection of a probe must be; nothing of it proves who asks.
  static func setTrust(
    _ handle: EasyHandle, _ wishes: TLSWishes, _ configuration: ProberConfiguration
  ) throws {
    try handle.set(.tlsSessionCache, 0)
    // With a path, libcurl would parse the file of authorities at every connection.
    try handle.set(.caPath, nil)
    try handle.set(.caFile, configuration.caFile)
    if let authorities = wishes.authorities {
      guard CertificateText.holdsCertificate(authorities) else {
        throw Unusable(reason: "the check's certificate authorities can't be read")
      }
      try handle.set(.authorities, Array(authorities.utf8))
    }
    if !wishes.verifies {
      try handle.set(.verifyPeer, 0)
      try handle.set(.verifyHost, 0)
    }
    switch wishes.leastVersion {
    case .tls10: try handle.set(.tlsVersion, CurlNumber.tls10)
    case .tls11: try handle.set(.tlsVersion, CurlNumber.tls11)
    case .tls12: try handle.set(.tlsVersion, CurlNumber.tls12)
    case .tls13: try handle.set(.tlsVersion, CurlNumber.tls13)
    }
    // OpenSSL 3 speaks versions before 1.2 at its lowest level only, since they sign with SHA-1.
    if wishes.leastVersion.rawValue < TLSVersion.tls12.rawValue {
      try handle.set(.ciphers, "DEFAULT@SECLEVEL=0")
    }
  }

  /// What proves who asks, which is shown to the target's own origin alone.
  static func setCertificate(_ handle: EasyHandle, _ wishes: TLSWishes) throws {
    guard let certificate = wishes.certificate else { return }
    let key = wishes.key ?? ""
    if let problem = CertificateText.problem(certificate: certificate, key: key) {
      throw Unusable(reason: problem)
    }
    try handle.set(.certificateType, "PEM")
    try handle.set(.keyType, "PEM")
    try handle.set(.certificate, Array(certificate.utf8))
    try handle.set(.key, Array(key.utf8))
  }

  private static func set(
    _ proxy: Proxy, of handle: EasyHandle, _ configuration: ProberConfiguration
  ) throws {
    // The proxy looks names up, so that no thread of libcurl's does, and no name is judged by another
    // answer than the one that is used.
    let remote = ["socks5://": "socks5h://", "socks4://": "socks4a://"]
    let scheme = remote.keys.first { proxy.url.lowercased().hasPrefix($0) }
    let url = scheme.flatMap { remote[$0].map { $0 + proxy.url.dropFirst(9) } } ?? proxy.url
    try handle.set(.proxy, url)
    try handle.set(.noProxy, "")
    try handle.set(.proxyCAFile, configuration.caFile)
    try handle.set(.proxyCAPath, nil)
    // What is said to the proxy itself; the target is told by a header.
    try handle.set(.userAgent, configuration.userAgent)
    try handle.set(.hidesConnectHeaders, 1)
    guard let user = proxy.user else { return }
    try handle.set(.proxyUser, user)
    try handle.set(.proxyPassword, proxy.password ?? "")
    try handle.set(.proxyAuthentication, CurlNumber.anyAuthentication)
  }

  static func setMethod(_ handle: EasyHandle, _ check: HTTPCheck) throws {
    guard !check.method.isEmpty, check.method.utf8.allSatisfy(isTokenByte) else {
      throw Unusable(reason: "the method is not a word")
    }
    if !check.body.isEmpty { try handle.set(body: check.body) }
    switch check.method {
    case "GET" where check.body.isEmpty: break
    case "HEAD": try handle.set(.noBody, 1)
    case "POST" where check.body.isEmpty: try handle.set(body: [])
    default: try handle.set(.method, check.method)
    }
  }

  /// A header as libcurl wants it; an empty value is written with a semicolon.
  static func line(of header: RequestHeader) throws -> String {
    guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte),
      !header.value.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 })
    else { throw Unusable(reason: "a header is not one line of text") }
    let isBlank = header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 9 }
    return isBlank ? "\(header.name);" : "\(header.name): \(header.value)"
  }

  /// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

extension HTTPCheck {
  /// Whether a compressed answer is asked for and decoded: where its text matters, or by wish.
  var decodesBody: Bool {
    !contains.isEmpty || !absent.isEmpty || !conditions.isEmpty || wantsCompression
  }
}
