import AgentCore
import Curl
import Model

/// What the requests of an http probe are made from, and where they have got to.
///
/// A reference: checks are long, and every step of a probe looks at its own.
final class HTTPPlan {
  /// Its own URL is the setup's: a handle may have been made for another that asks alike.
  let check: HTTPCheck
  let agent: AgentID
  var slot: UInt64
  let configuration: ProberConfiguration
  /// Whether a redirect has led to another origin: then nothing that is the check's own is sent any
  /// more, not even back at home.
  var hasLeft = false
  var method: String
  var body: [UInt8]

  init(check: HTTPCheck, agent: AgentID, slot: UInt64, configuration: ProberConfiguration) {
    self.check = check
    self.configuration = configuration
    self.agent = agent
    self.slot = slot
    method = check.method
    body = check.body
  }

  /// The header that tells what asks.
  var userAgent: String { "User-Agent: \(configuration.userAgent)" }
}

extension ProbeSetup {
  /// Whether each probe needs a URL or headers of its own.
  var isRenewed: Bool {
    guard let check = plan?.check else { return false }
    if check.bustsCaches { return true }
    switch check.authentication {
    case .oauth2, .sigV4: return true
    case .basic, .digest, .ntlm, .bearer, nil: return false
    }
  }

  /// Sets what differs from probe to probe.
  ///
  /// - Parameter token: what proves who asks, where the check has it fetched.
  func renew(startedAtMs: Int64, token: String?) throws {
    guard let plan else { return }
    let check = plan.check
    if check.keepsCookies { try handle.set(.cookies, "ALL") }
    guard isRenewed else {
      header?.set(slot: plan.slot, startedAtMs: startedAtMs)
      return
    }
    if check.bustsCaches { try handle.set(.url, wireURL(of: url, startedAtMs: startedAtMs)) }
    try setHeaders(startedAtMs: startedAtMs, token: token)
  }

  /// The handle is about to ask the check's own URL.
  func setHome() throws {
    guard let check = plan?.check else { return }
    try aim(at: url)
    try Self.setCertificate(handle, check.tls)
    switch check.authentication {
    case .basic(let user, let password):
      try setUser(user, password, CurlNumber.basic)
    case .digest(let user, let password):
      try setUser(user, password, CurlNumber.digest)
    case .ntlm(let user, let password):
      try setUser(user, password, CurlNumber.ntlm)
    case .bearer, .oauth2, .sigV4, nil: break
    }
  }

  private func setUser(_ user: String, _ password: String, _ way: Int) throws {
    guard !(user + password).utf8.contains(0) else {
      throw Unusable(reason: "the user or the password is not text")
    }
    try handle.set(.user, user)
    try handle.set(.password, password)
    try handle.set(.authentication, way)
  }

  /// Leads the handle to a URL: its address, its version of HTTP and what is watched of its TLS.
  private func aim(at next: CurlURL) throws {
    guard let check = plan?.check else { return }
    try handle.set(.url, wireURL(of: next, startedAtMs: nil))
    let isHome = next.hasOrigin(of: url)
    switch (check.version, next.scheme) {
    case (.http11, _): try handle.set(.httpVersion, CurlNumber.http11)
    case (.http2, "https"): try handle.set(.httpVersion, CurlNumber.http2OverTLS)
    case (.http2, _): try handle.set(.httpVersion, CurlNumber.http2AtOnce)
    }
    let isNamed = next.scheme == "https" && check.tls.serverName != nil
    if isHome, let pinned = check.pinnedAddress {
      try handle.set(connectTo: "::\(Self.authority(pinned.description)):")
    } else if isHome, isNamed {
      try handle.set(connectTo: "::\(Self.authority(next.host)):")
    } else {
      try handle.set(connectTo: nil)
    }
    guard next.scheme == "https" else { return }
    let name = isHome ? check.tls.serverName ?? next.host : next.host
    // Behind a proxy that speaks TLS itself, whose handshake names no server is not known.
    let isBehindTLS = check.proxy?.url.lowercased().hasPrefix("https:") == true
    try handle.watchCertificate(
      address: !isBehindTLS && CurlURL.isAddress(name) ? name : nil)
  }

  private static func authority(_ host: String) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
  }

  /// The URL that libcurl is given: with the name that TLS is to ask for, and what busts caches.
  private func wireURL(of next: CurlURL, startedAtMs: Int64?) throws -> String {
    guard let check = plan?.check, next.hasOrigin(of: url) else { return next.text }
    var text = next.text
    if next.scheme == "https", let name = check.tls.serverName {
      guard let renamed = CurlURL(text)?.text(host: Self.authority(name)) else {
        throw Unusable(reason: "the server name can't be read")
      }
      text = renamed
    }
    if check.bustsCaches, let startedAtMs {
      guard let fresh = CurlURL(text)?.text(appendingQuery: "upblit=\(startedAtMs)") else {
        throw Unusable(reason: "the URL can't be read")
      }
      text = fresh
    }
    return text
  }

  /// Turns the handle to the next request of the probe, as browsers do (RFC 9110 section 15.4).
  func turn(to next: CurlURL, from: CurlURL, status: Int, token: String?) throws {
    guard let plan else { return }
    try aim(at: next)
    let becomesGet =
      status == 303 ? plan.method != "HEAD" : status <= 302 && plan.method == "POST"
    if becomesGet {
      try handle.set(.isGet, 1)
      try handle.set(.method, nil)
      plan.method = "GET"
      plan.body = []
    }
    // The check's own headers may carry secrets; they stay with the origin they were written for, and
    // so does whatever proves who asks.
    if !next.hasOrigin(of: from), !plan.hasLeft {
      plan.hasLeft = true
      let headers = HeaderList()
      try headers.append(plan.userAgent)
      if plan.check.decodesBody { try headers.append(Self.encodings) }
      try handle.set(headers: headers)
      header = nil
      try handle.set(.user, nil)
      try handle.set(.password, nil)
      try handle.set(.certificate, nil)
      try handle.set(.key, nil)
    }
    if !plan.hasLeft, case .sigV4 = plan.check.authentication {
      try setHeaders(startedAtMs: startedAtMs, token: token, for: next)
    }
  }

  private static let encodings = "Accept-Encoding: gzip, deflate"

  /// Sets the headers of a request to the check's own origin.
  func setHeaders(
    startedAtMs: Int64, token: String?, for next: CurlURL? = nil
  ) throws {
    guard let plan else { return }
    self.startedAtMs = startedAtMs
    let check = plan.check
    let headers = HeaderList()
    let header = try ProbeHeader(agent: plan.agent, in: headers)
    header.set(slot: plan.slot, startedAtMs: startedAtMs)
    var own = check.headers
    func lacks(_ name: String) -> Bool { !own.contains { $0.name.lowercased() == name } }
    // As an option libcurl would write it out twice for each request, byte by byte.
    if lacks("user-agent") { try headers.append(plan.userAgent) }
    // Otherwise libcurl waits a second before it sends a large body.
    if !plan.body.isEmpty { try headers.append("Expect:") }
    if url.scheme == "https", check.tls.serverName != nil, lacks("host") {
      own.append(RequestHeader(name: "Host", value: url.authority))
    }
    // libcurl is not asked to decode: it takes a body that is cut short for whole.
    if check.decodesBody, lacks("accept-encoding") { try headers.append(Self.encodings) }
    if check.bustsCaches, lacks("cache-control") {
      own.append(RequestHeader(name: "Cache-Control", value: "no-cache"))
    }
    if let token { own.append(RequestHeader(name: "Authorization", value: "Bearer \(token)")) }
    switch check.authentication {
    case .bearer(let token):
      own.append(RequestHeader(name: "Authorization", value: "Bearer \(token)"))
    case .sigV4(let signing):
      let text = try wireURL(of: next ?? url, startedAtMs: next == nil ? startedAtMs : nil)
      guard let asked = CurlURL(text) else { throw Unusable(reason: "the URL can't be read") }
      let host = own.first { $0.name.lowercased() == "host" }?.value ?? asked.authority
      own = try RequestSigning(signing, atMs: startedAtMs).sign(
        method: plan.method, host: host, path: asked.path, query: asked.query, headers: own,
        body: plan.body)
    case .basic, .digest, .ntlm, .oauth2, nil: break
    }
    for header in own { try headers.append(Self.line(of: header)) }
    try handle.set(headers: headers)
    self.header = header
  }
}
