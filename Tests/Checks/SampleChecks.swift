import Model

/// A check of each kind with every wish that it can have, and one with none.
enum SampleChecks {
  static let pem = """
    -----BEGIN CERTIFICATE-----
    AAAA
    -----END CERTIFICATE-----
    """
  static let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"

  static var tls: TLSWishes {
    var wishes = TLSWishes()
    wishes.serverName = "other.example.org"
    wishes.authorities = pem
    wishes.certificate = pem
    wishes.key = key
    wishes.leastVersion = .tls13
    return wishes
  }

  static var all: [Check] { usual + full + overBoth }

  /// Every kind that can be asked over both families.
  static var overBoth: [Check] { usual.filter { $0.kind != .dns }.map { $0.over(.both) } }

  static var usual: [Check] {
    [
      .http(HTTPCheck(url: "http://a/")), .tcp(TCPCheck(host: "a", port: 1)),
      .udp(UDPCheck(host: "a", port: 1, payload: [1])), .icmp(ICMPCheck(host: "a")),
      .dns(DNSCheck(name: "a", type: "A")), .tls(TLSCheck(host: "a", port: 1)),
      .grpc(GRPCCheck(host: "a", port: 1)), .websocket(WebSocketCheck(url: "ws://a/")),
    ]
  }

  static var full: [Check] {
    [
      .tcp(tcp), .udp(udp), .icmp(icmp), .tls(tlsCheck), .grpc(grpc), .websocket(websocket),
    ] + authentications.map { .http(http($0)) } + questions.map { .dns($0) }
  }

  private static func common<C: CommonWishes>(_ check: C) -> C {
    var check = check
    check.family = .ipv6
    check.degradedAboveMs = 50
    check.conditions = ["[RESPONSE_TIME] < 1000"]
    return check
  }

  static let script: [ScriptStep] = [
    .send(Array("NOOP\r\n".utf8)), .expect("^250 "), .send([0, 255]),
  ]

  private static var tcp: TCPCheck {
    var check = common(TCPCheck(host: "::1", port: 25))
    check.tls = tls
    check.startTLS = .smtp
    check.script = script
    check.degradedBelowCertificateDays = 7
    return check
  }

  private static var udp: UDPCheck {
    var check = common(UDPCheck(host: "a.example.org", port: 123, payload: [0xe3, 0, 0]))
    check.expectation = "."
    return check
  }

  private static var icmp: ICMPCheck {
    var check = common(ICMPCheck(host: "192.0.2.1"))
    check.packets = 10
    check.spacingMs = 100
    check.size = 1_000
    check.mostLossPercent = 20
    return check
  }

  private static var tlsCheck: TLSCheck {
    var check = common(TLSCheck(host: "a", port: 993))
    check.tls = tls
    check.startTLS = .imap
    check.needsStatus = true
    check.degradedBelowCertificateDays = nil
    return check
  }

  private static var grpc: GRPCCheck {
    var check = common(GRPCCheck(host: "a", port: 50_051))
    check.service = "shop.Cart"
    check.tls = nil
    check.metadata = [RequestHeader(name: "x-api-key", value: "s3cret")]
    return check
  }

  private static var websocket: WebSocketCheck {
    var check = common(WebSocketCheck(url: "wss://a/feed"))
    check.headers = [RequestHeader(name: "Origin", value: "https://a")]
    check.subprotocols = ["v1", "v2"]
    check.tls = tls
    check.script = script
    check.closeCode = 1_000
    return check
  }

  static var authentications: [HTTPAuthentication] {
    [
      .basic(user: "u", password: "p"), .digest(user: "u", password: "p"),
      .ntlm(user: "D\\u", password: "p"), .bearer(token: "t"),
      .oauth2(
        HTTPAuthentication.OAuth2(
          tokenURL: "https://login/token", clientID: "i", clientSecret: "s", scopes: ["a", "b"])),
      .sigV4(
        HTTPAuthentication.SigV4(
          region: "eu-central-1", service: "s3", accessKey: "AK", secretKey: "SK",
          sessionToken: "ST")),
    ]
  }

  static func http(_ authentication: HTTPAuthentication) -> HTTPCheck {
    var check = common(HTTPCheck(url: "https://a/"))
    check.authentication = authentication
    check.tls = tls
    check.version = .http2
    if case .basic = authentication {
      check.pinnedAddress = .ipv4(0xc000_0207)
    } else {
      check.proxy = Proxy(url: "socks5://proxy:1080", user: "pu", password: "pp")
    }
    check.maxRedirects = 0
    check.expectedLocation = "https://a/login"
    check.keepsCookies = true
    check.bustsCaches = true
    check.wantsCompression = true
    check.keepsConnection = true
    return check
  }

  static var questions: [DNSCheck] {
    var first = common(DNSCheck(name: "example.org", type: "MX"))
    first.servers = .these(["192.0.2.53", "[2001:db8::53]:5353"])
    first.asksEach = true
    first.transport = .tcp
    first.wantsRecursion = false
    first.codes = ["NOERROR", "NXDOMAIN"]
    first.answers = .all(["10 mail.example.org"])
    first.needsAuthority = true
    first.needsAuthenticData = true
    first.leastTTL = 60
    var second = DNSCheck(name: "example.org", type: "SOA")
    second.servers = .zone("example.org")
    second.serialsAgree = true
    second.mostTTL = 86_400
    second.answers = .none
    var third = DNSCheck(name: "example.org", type: "A")
    third.answers = .exactly(["192.0.2.1"])
    var fourth = third
    fourth.answers = .any(["192.0.2.1", "192.0.2.2"])
    var fifth = third
    fifth.transport = .tls
    fifth.servers = .these(["dns.example.org", "192.0.2.53:8853"])
    fifth.tls = tls
    var sixth = third
    sixth.transport = .https
    sixth.servers = .these(["dns.example.org", "https://[2001:db8::53]:8443/ask?us"])
    sixth.tls.verifies = false
    return [first, second, third, fourth, fifth, sixth]
  }
}
