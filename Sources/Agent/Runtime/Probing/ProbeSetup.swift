import AgentCore
import Curl
import Model

/// A libcurl handle made ready for one target, to be used for probe after probe.
struct ProbeSetup {
  let handle: EasyHandle
  /// `nil` for a TCP target.
  let header: ProbeHeader?
  /// The target as libcurl reads it; a TCP target as an http URL.
  let url: CurlURL

  /// Why a target can't be asked by this agent: a sentence for the probe's record.
  struct Unusable: Error {
    let reason: String
  }

  /// Makes a handle for a target.
  static func make(
    _ target: AssignedTarget, _ check: Check, agent: AgentID, configuration: ProberConfiguration
  ) throws(Unusable) -> ProbeSetup {
    do {
      switch check {
      case .http(let check):
        return try http(target, check, agent: agent, configuration: configuration)
      case .tcp(let check):
        return try tcp(target, check)
      case .udp, .icmp, .dns, .tls, .grpc, .websocket:
        throw Unusable(reason: "checks of this kind are not made by libcurl")
      }
    } catch let error as Unusable {
      throw error
    } catch {
      throw Unusable(reason: "the probe can't be set up: \(error)")
    }
  }

  private static func http(
    _ target: AssignedTarget, _ check: HTTPCheck, agent: AgentID,
    configuration: ProberConfiguration
  ) throws -> ProbeSetup {
    guard let url = CurlURL(check.url) else { throw Unusable(reason: "the URL can't be read") }
    guard url.scheme == "http" || url.scheme == "https" else {
      throw Unusable(reason: "this kind of URL is not probed")
    }
    let handle = try EasyHandle()
    try setCommon(handle, timeoutMs: target.timeoutMs, url: url, family: check.family)
    try handle.set(.userAgent, configuration.userAgent)
    try handle.set(.httpVersion, CurlNumber.http11)
    try handle.set(.caFile, configuration.caFile)
    // With a path, libcurl would parse the file of authorities at every connection.
    try handle.set(.caPath, nil)
    try handle.set(.tlsSessionCache, 0)
    if url.scheme == "https" { try handle.watchCertificate() }
    // Asked for only where the text matters, so that an answer is decoded before it is searched.
    if !check.contains.isEmpty || !check.absent.isEmpty || !check.conditions.isEmpty {
      try handle.set(.acceptEncoding, "gzip, deflate")
    }
    try setMethod(handle, check)

    let headers = HeaderList()
    let header = try ProbeHeader(agent: agent, slot: target.slot, in: headers)
    // Otherwise libcurl waits a second before it sends a large body.
    if !check.body.isEmpty { try headers.append("Expect:") }
    for header in check.headers { try headers.append(line(of: header)) }
    try handle.set(headers: headers)
    return ProbeSetup(handle: handle, header: header, url: url)
  }

  private static func tcp(_ target: AssignedTarget, _ check: TCPCheck) throws -> ProbeSetup {
    let isPlain = check.host.utf8.allSatisfy { byte in
      byte > 0x20 && byte != 0x7f && !"/@?#\\%[]\"<>".utf8.contains(byte)
    }
    guard isPlain, !check.host.isEmpty, check.port > 0,
      let url = CurlURL("http://\(check.address)/")
    else { throw Unusable(reason: "the address can't be read") }
    let handle = try EasyHandle()
    try setCommon(handle, timeoutMs: target.timeoutMs, url: url, family: check.family)
    try handle.set(.connectOnly, 1)
    return ProbeSetup(handle: handle, header: nil, url: url)
  }

  private static func setCommon(
    _ handle: EasyHandle, timeoutMs: UInt32, url: CurlURL, family: AddressFamily
  ) throws(CurlError) {
    try handle.set(.protocols, "http,https")
    try handle.set(.url, url.text)
    try handle.set(.timeoutMs, Int(max(1, timeoutMs)))
    try handle.set(.noSignal, 1)
    try handle.set(.proxy, "")
    try handle.set(.freshConnection, 1)
    try handle.set(.forbidReuse, 1)
    try handle.set(.quickExit, 1)
    // A name is looked up at every probe; an address has nothing to look up.
    if !url.hostIsAddress { try handle.set(.dnsCacheSeconds, 0) }
    switch family {
    case .any: break
    case .ipv4: try handle.set(.ipFamily, CurlNumber.ipv4Only)
    case .ipv6: try handle.set(.ipFamily, CurlNumber.ipv6Only)
    }
  }

  private static func setMethod(_ handle: EasyHandle, _ check: HTTPCheck) throws {
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
  private static func line(of header: RequestHeader) throws -> String {
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
