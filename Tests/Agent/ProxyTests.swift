import Glibc
import Linux
import Model
import Probing
import Testing

/// How http checks go by way of a proxy.
@Suite struct ProxyTests {
  @Test func `an HTTP proxy is asked, and its refusal is its own`() async throws {
    let proxy = try HostileServer { head in
      if head.isEmpty { return nil }
      if head.hasPrefix("CONNECT refused") {
        return [.send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"), .close]
      }
      guard head.contains("Proxy-Authorization: Basic dTpw") || head.contains("http://open.test/")
      else {
        return [
          .send(
            "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"
          ),
          .close,
        ]
      }
      return [.send(plainAnswer), .close]
    }
    let test = try TestProber()
    func outcome(_ url: String, user: String? = nil) async -> Outcome {
      var check = HTTPCheck(url: url)
      check.proxy = Proxy(url: proxy.url(""), user: user, password: user == nil ? nil : "p")
      return await test.probe(.http(check)).outcome
    }
    #expect(await outcome("http://open.test/") == .up)
    #expect(await outcome("http://shut.test/").failure?.reason == .proxyAuth)
    #expect(await outcome("http://shut.test/", user: "u") == .up)
    #expect(await outcome("https://shut.test/").failure?.reason == .proxyAuth)
    let refused = await outcome("https://refused.test/")
    #expect(refused.failure?.reason == .proxyFailed, "\(refused)")
    #expect(refused.failure?.detail == "the proxy answered 502 to CONNECT")
    var check = HTTPCheck(url: "http://open.test/")
    check.proxy = Proxy(url: "http://127.0.0.1:\(try RefusingPort().number)")
    let unreached = await test.probe(.http(check)).outcome
    #expect(unreached.failure?.reason == .proxyFailed, "\(unreached)")
    check.proxy = Proxy(url: "http://169.254.169.254:80")
    #expect(await test.probe(.http(check)).outcome.failure?.reason == .agentAddressRefused)
    test.prober.stop()
    proxy.stop()
  }

  static let microsocks = HelperProgram.path(of: "microsocks")

  @Test(.enabled(if: microsocks != nil, "microsocks is missing"))
  func `a SOCKS proxy is asked, and its refusal is its own`() async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    let port = try HelperProgram.freePort()
    let program = try HelperProgram(
      [
        try #require(Self.microsocks), "-i", "127.0.0.1", "-p", "\(port)", "-u", "u", "-P",
        "pass",
      ], speaks: false)
    try HelperProgram.waitForListener(port)
    func outcome(_ scheme: String, _ url: String, _ password: String) async -> Outcome {
      var check = HTTPCheck(url: url)
      check.proxy = Proxy(url: "\(scheme)://127.0.0.1:\(port)", user: "u", password: password)
      return await test.probe(.http(check)).outcome
    }
    for scheme in ["socks5", "socks5h"] {
      #expect(await outcome(scheme, server.url(), "pass") == .up)
      #expect(await outcome(scheme, server.url(), "other").failure?.reason == .proxyAuth)
      let refusing = try RefusingPort()
      let refused = await outcome(scheme, "http://127.0.0.1:\(refusing.number)/", "pass")
      #expect(refused.failure?.reason == .proxyFailed)
      #expect(
        refused.failure?.detail == "the proxy says that the target refused the connection",
        "\(refused)")
    }
    test.prober.stop()
    server.stop()
    _ = program
  }

  @Test func `no proxy is asked to go where the agent itself would not`() async throws {
    let port = try RefusingPort()
    let test = try TestProber()
    for (host, reason) in [
      ("169.254.169.254", Reason.agentAddressRefused), ("192.0.2.1", .proxyFailed),
    ] {
      var check = HTTPCheck(url: "http://\(host)/")
      check.proxy = Proxy(url: "http://127.0.0.1:\(port.number)")
      #expect(await test.probe(.http(check)).outcome.failure?.reason == reason)
    }
    test.prober.stop()
  }

  // MARK: Digest, TLS and SOCKS 4

  /// Proxies beside two targets, all with certificates of one authority.
  private struct World {
    let authority: TestCertificate
    let scratch: ScratchFolder
    let proxies: HelperProgram
    let plain: HostileServer
    let secure: TLSServer
    let test: TestProber

    /// - Parameter name: what the proxy's own certificate is for.
    init(proxyNamed name: String = "IP:127.0.0.1") throws {
      let authority = try TestCertificate(name: "CA", isAuthority: true)
      self.authority = authority
      let scratch = try ScratchFolder()
      self.scratch = scratch
      let leaf = try TestCertificate(name: "proxy", alternativeName: name, issuer: authority)
      for (name, text) in [
        ("ca.pem", authority.pem), ("leaf.pem", leaf.pem), ("leaf.key", leaf.keyPEM),
      ] {
        try Files.overwrite("\(scratch.path)/\(name)", with: Array(text.utf8))
      }
      proxies = try HelperProgram.python(
        "odd_proxy.py", ["\(scratch.path)/leaf.pem", "\(scratch.path)/leaf.key"])
      plain = try HostileServer(answering: plainAnswer)
      secure = try TLSServer(
        TestCertificate(
          name: "x", alternativeName: "IP:127.0.0.1", days: -1...45, issuer: authority),
        answering: plainAnswer)
      test = try TestProber {
        $0.allowsLoopback = true
        $0.caFile = "\(scratch.path)/ca.pem"
      }
    }

    var web: String { "http://127.0.0.1:\(proxies.ports[0])" }
    var webOverTLS: String { "https://127.0.0.1:\(proxies.ports[1])" }
    func socks(_ scheme: String) -> String { "\(scheme)://127.0.0.1:\(proxies.ports[2])" }

    func record(
      _ url: String, by proxy: String, user: String, _ password: String = "pass word"
    )
      async -> ProbeRecord
    {
      var check = HTTPCheck(url: url)
      check.proxy = Proxy(url: proxy, user: user, password: password)
      return await test.probe(.http(check))
    }

    func end() {
      test.prober.stop()
      plain.stop()
      secure.stop()
    }
  }

  @Test func `digest authentication is spoken with a proxy, in plain text and over TLS`()
    async throws
  {
    let world = try World()
    for proxy in [world.web, world.webOverTLS] {
      for url in [world.plain.url(), world.secure.url()] {
        let good = await world.record(url, by: proxy, user: "mon")
        #expect(good.outcome == .up, "\(proxy) \(url)")
        // The target's, not the proxy's.
        #expect(good.certificateDays == (url.hasPrefix("https") ? 45 : nil))
        for (user, password) in [("mon", "other"), ("other", "pass word")] {
          let shut = await world.record(url, by: proxy, user: user, password).outcome
          #expect(shut.failure?.reason == .proxyAuth, "\(proxy) \(url) \(shut)")
        }
      }
      let refusing = try RefusingPort()
      let refused = await world.record(
        "https://127.0.0.1:\(refusing.number)/", by: proxy, user: "mon"
      ).outcome
      #expect(refused.failure?.detail == "the proxy answered 502 to CONNECT", "\(refused)")
      #expect(refused.failure?.reason == .proxyFailed)
    }
    let heads = world.plain.heads + world.secure.requests.map(\.request)
    world.end()
    #expect(heads.count == 4)
    #expect(heads.allSatisfy { !$0.lowercased().contains("proxy-auth") })
  }

  @Test func `a proxy's own certificate is judged, and is the proxy's fault`() async throws {
    let misnamed = try World(proxyNamed: "IP:127.0.0.2")
    let unknown = try World()
    let blind = try TestProber()
    for url in [misnamed.plain.url(), misnamed.secure.url()] {
      let outcome = await misnamed.record(url, by: misnamed.webOverTLS, user: "mon").outcome
      #expect(outcome.failure?.reason == .proxyFailed, "\(outcome)")
      var check = HTTPCheck(url: url)
      check.proxy = Proxy(url: unknown.webOverTLS, user: "mon", password: "pass word")
      // The check's own authorities are for its target.
      check.tls.authorities = unknown.authority.pem
      let untrusted = await blind.probe(.http(check)).outcome
      #expect(untrusted.failure?.reason == .proxyFailed, "\(untrusted)")
      #expect(
        untrusted.failure?.detail.hasPrefix(
          "the proxy can't be used: its certificate is not accepted: ") == true, "\(untrusted)")
    }
    blind.prober.stop()
    #expect(misnamed.plain.heads.isEmpty && misnamed.secure.requests.isEmpty)
    misnamed.end()
    unknown.end()
  }

  @Test(arguments: ["socks4", "socks4a"])
  func `a proxy of SOCKS 4 is asked, and its refusal is its own`(scheme: String) async throws {
    let world = try World()
    let proxy = world.socks(scheme)
    for url in [world.plain.url(), world.secure.url(), "http://localhost:\(world.plain.port)/"] {
      let good = await world.record(url, by: proxy, user: "mon").outcome
      #expect(good == .up, "\(url)")
      let shut = await world.record(url, by: proxy, user: "other").outcome
      #expect(shut.failure?.reason == .proxyAuth, "\(url) \(shut)")
    }
    let refusing = try RefusingPort()
    let refused = await world.record(
      "http://127.0.0.1:\(refusing.number)/", by: proxy, user: "mon"
    ).outcome
    #expect(refused.failure?.reason == .proxyFailed, "\(refused)")
    world.end()
  }
}
