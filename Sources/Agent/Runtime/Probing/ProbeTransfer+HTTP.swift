import AgentCore
import Curl
import Model

/// What an http probe knows beyond libcurl's code.
extension ProbeTransfer {
  /// The URL of the request that runs, or ran last.
  var requestURL: CurlURL? { fetch?.url ?? redirectedTo ?? setup?.url }

  /// Names what libcurl connects to for it: the proxy, or the target; `nil` where an address is pinned.
  var connectedURL: CurlURL? {
    if let proxy = setup?.plan?.check.proxy { return CurlURL(proxy.url) }
    guard let url = requestURL else { return nil }
    if fetch == nil, let plan = setup?.plan, plan.check.pinnedAddress != nil,
      let home = setup?.url, url.hasOrigin(of: home)
    {
      return nil
    }
    return url
  }

  func hasTimeLeft(nowUs: Int64) -> Bool {
    nowUs - startedUs < Int64(effectiveLimitMs) * 1_000
  }

  /// Limits a request to what is left of the whole check's time.
  func limit(_ handle: EasyHandle, nowUs: Int64) throws(CurlError) {
    let leftMs = Int64(effectiveLimitMs) - (nowUs - startedUs) / 1_000
    try handle.set(.timeoutMs, Int(max(1, leftMs)))
  }

  /// Whether the certificate that was seen is the target's: behind a proxy that speaks TLS it may be
  /// the proxy's.
  func showsCertificate(_ setup: ProbeSetup) -> Bool {
    setup.plan?.check.proxy == nil || requestURL?.scheme == "https"
  }

  /// Whether an answer redirects to where the check expects the way to end.
  func arrives(at next: CurlURL) -> Bool {
    guard let expected = setup?.plan?.check.expectedLocation else { return false }
    return next.text.utf8.starts(with: expected.utf8)
  }

  /// A rule that bars a target which only a proxy would connect to: an address can be judged here, a
  /// name is the proxy's to resolve.
  func ruleBehindProxy(_ url: CurlURL) -> AddressRefusal? {
    guard setup?.plan?.check.proxy != nil, let address = IPAddress(text: url.host) else {
      return nil
    }
    return rules.refusal(address).map { AddressRefusal(address: address.description, rule: $0) }
  }

  /// Adds what TLS, a proxy and a redirect say.
  func addDetails(to facts: inout ProbeFacts, _ code: CurlCode, _ setup: ProbeSetup) {
    guard let plan = setup.plan else { return }
    let handle = setup.handle
    if code == .ok {
      if plan.check.proxy != nil, facts.status == 407 { facts.proxyTrouble = .status(407) }
      if plan.check.expectedLocation != nil, Self.isRedirect(Int(facts.status)),
        let location = handle.header("Location")
      {
        facts.location = CurlURL(location, relativeTo: requestURL)?.text
      }
      return
    }
    facts.lacksHTTP2 =
      plan.check.version == .http2 && requestURL?.scheme == "http" && facts.status == 0
    let end = handle.tlsEnd
    facts.tlsTrouble = TLSTrouble(
      alert: end.alert, reason: end.reason, lacksCertificate: end.lacksCertificate,
      hasCertificate: plan.check.tls.certificate != nil && !plan.hasLeft)
    if let proxy = plan.check.proxy {
      facts.proxyTrouble = proxyTrouble(code, facts, handle, proxy)
    }
  }

  private func proxyTrouble(
    _ code: CurlCode, _ facts: ProbeFacts, _ handle: EasyHandle, _ proxy: Proxy
  ) -> ProxyTrouble? {
    let status = handle.info(.connectStatus)
    // The target's own TLS begins when the proxy has answered CONNECT.
    let isItsTLS = status == 0 && proxy.url.lowercased().hasPrefix("https:")
    switch code.rawValue {
    case 5: return .unreached("its name does not resolve")
    case 7:
      switch facts.trouble {
      case .refused: return .unreached("the connection to it was refused")
      case .reset: return .unreached("the connection to it was reset")
      case .timedOut: return .unreached("no connection to it")
      case .unreachable(let words), .other(let words): return .unreached(words)
      case .own, .noDescriptors, nil: return nil
      }
    case 60 where handle.info(.proxyVerifyResult) > 1:
      let words = EasyHandle.verificationText(handle.info(.proxyVerifyResult))
      return .unreached("its certificate is not accepted: \(words)")
    case 60 where isItsTLS: return .unreached("its certificate is for another name")
    case 35 where isItsTLS: return .unreached("the TLS handshake with it failed")
    case 97: return .socks(handle.info(.proxyError))
    case 56 where status >= 300: return .status(status)
    default: return nil
    }
  }
}
