import AgentCore
import Model
import Testing

@testable import Probing

/// How http checks prove who asks, to a server that looks at it.
@Suite struct AuthenticationTests {
  private struct World {
    let server: HelperProgram
    let test: TestProber

    init() throws {
      server = try HelperProgram.python("odd_http.py")
      test = try TestProber()
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(server.ports[0])\(path)" }

    func outcome(
      _ path: String, _ change: (inout HTTPCheck) -> Void = { _ in }
    ) async -> Outcome {
      var check = HTTPCheck(url: url(path))
      check.statusRanges = [200...299]
      change(&check)
      return await test.probe(.http(check)).outcome
    }
  }

  @Test func `basic, digest, NTLM and bearer are spoken`() async throws {
    let world = try World()
    let rows: [(String, HTTPAuthentication, Bool)] = [
      ("/basic", .basic(user: "mon", password: "pass word"), true),
      ("/basic", .basic(user: "mon", password: "other"), false),
      ("/digest", .digest(user: "mon", password: "pass word"), true),
      ("/digest", .digest(user: "mon", password: "other"), false),
      ("/ntlm", .ntlm(user: "DOMAIN\\mon", password: "pass word"), true),
      ("/ntlm", .ntlm(user: "stranger", password: "pass word"), false),
    ]
    for (path, authentication, isUp) in rows {
      for _ in 0..<2 {
        let outcome = await world.outcome(path) { $0.authentication = authentication }
        #expect(outcome.isUp == isUp, "\(path) \(outcome)")
        if !isUp { #expect(outcome.failure?.reason == .httpStatus) }
      }
    }
    let bearer = await world.outcome("/echo") {
      $0.authentication = .bearer(token: "abc.def")
      $0.contains = ["Authorization: Bearer abc.def\n"]
    }
    #expect(bearer == .up)
    let broken = await world.outcome("/echo") { $0.authentication = .bearer(token: "a\r\nX: b") }
    #expect(broken.failure?.failureClass == .agent)
    world.test.prober.stop()
  }

  @Test func `nothing that proves who asks follows a redirect to another origin`() async throws {
    let world = try World()
    let other = try HostileServer(answering: plainAnswer)
    for authentication in [
      HTTPAuthentication.basic(user: "mon", password: "hunter22"), .bearer(token: "hunter22"),
      .digest(user: "mon", password: "hunter22"), .ntlm(user: "mon", password: "hunter22"),
      .sigV4(.init(region: "r", service: "s", accessKey: "hunter22", secretKey: "k")),
    ] {
      let outcome = await world.outcome("/away?to=\(other.url())") {
        $0.authentication = authentication
        $0.keepsCookies = true
      }
      #expect(outcome == .up)
    }
    world.test.prober.stop()
    other.stop()
    #expect(other.heads.count == 5)
    #expect(other.heads.allSatisfy { !$0.lowercased().contains("authorization") })
    #expect(other.heads.allSatisfy { !$0.contains("hunter22") })
  }

  // MARK: Tokens

  private func client(
    _ world: World, _ query: String, secret: String = "s3cr+t &"
  )
    -> HTTPAuthentication
  {
    .oauth2(
      .init(
        tokenURL: world.url("/token?\(query)"), clientID: "me", clientSecret: secret,
        scopes: ["read", "write"]))
  }

  @Test func `a token is fetched once, kept while it lasts and fetched anew when refused`()
    async throws
  {
    let world = try World()
    func outcome(_ query: String, _ text: String) async -> Outcome {
      await world.outcome("/guarded") {
        $0.authentication = client(world, query)
        $0.contains = [text]
      }
    }
    for _ in 0..<3 { #expect(await outcome("lasts=600", "token-1-read.write") == .up) }
    #expect(await world.outcome("/revoke") == .up)
    #expect(await outcome("lasts=600", "token-2-read.write") == .up)
    // Nobody said how long these last.
    #expect(await outcome("only=body", "token-3-") == .up)
    #expect(await outcome("only=body", "token-4-") == .up)
    #expect(await outcome("only=header", "token-5-") == .up)
    world.test.prober.stop()
  }

  @Test func `an endpoint that gives no token is said to be it, without secrets`() async throws {
    let world = try World()
    let refused = await world.outcome("/guarded") {
      $0.authentication = client(world, "status=403")
    }
    #expect(
      refused
        == .failed(
          Failure(
            .authToken,
            detail:
              "no token for the request: its endpoint answered 403: invalid_client, no *** here"
          )))
    let wrong = await world.outcome("/guarded") {
      $0.authentication = client(world, "lasts=600", secret: "wrong")
    }
    #expect(wrong.failure?.reason == .authToken, "\(wrong)")
    let port = try RefusingPort()
    let unreached = await world.outcome("/guarded") {
      $0.authentication = .oauth2(
        .init(tokenURL: "http://127.0.0.1:\(port.number)/", clientID: "a", clientSecret: "b"))
    }
    #expect(
      unreached
        == .failed(
          Failure(
            .tcpRefused, curlCode: 7, detail: "the token endpoint: the connection was refused")))
    let forbidden = await world.outcome("/guarded") {
      $0.authentication = .oauth2(
        .init(tokenURL: "http://169.254.169.254/", clientID: "a", clientSecret: "b"))
    }
    #expect(forbidden.failure?.reason == .agentAddressRefused)
    world.test.prober.stop()
  }

  @Test func `a token that lasts is kept with a margin, and one of another secret is not lent`() {
    #expect(AccessToken(text: "x", expiresIn: 600, nowUs: 0).expiresAtUs == 540_000_000)
    #expect(AccessToken(text: "x", expiresIn: 100, nowUs: 7).expiresAtUs == 90_000_007)
    #expect(AccessToken(text: "x", expiresIn: -5, nowUs: 7).expiresAtUs == 7)
    #expect(AccessToken(text: "x", expiresIn: .max, nowUs: 0).expiresAtUs != nil)
    let cache = TokenCache()
    func key(_ secret: String) -> TokenCache.Key {
      .init(
        client: .init(tokenURL: "u", clientID: "c", clientSecret: secret), tls: TLSWishes(),
        proxy: nil)
    }
    cache.keep(AccessToken(text: "x", expiresIn: 100, nowUs: 0), for: key("a"))
    #expect(cache.token(for: key("a"), nowUs: 1)?.text == "x")
    #expect(cache.token(for: key("b"), nowUs: 1) == nil)
    #expect(cache.token(for: key("a"), nowUs: 90_000_000) == nil)
  }

  // MARK: Signatures

  /// AWS's own test suite for Signature Version 4.
  @Test(arguments: [
    ("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
      "GET", "/", "Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    ),
    ("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
  ])
  func `a request is signed as AWS's examples are`(
    method: String, path: String, query: String, signature: String
  ) throws {
    let signing = HTTPAuthentication.SigV4(
      region: "us-east-1", service: "service", accessKey: "AKIDEXAMPLE",
      secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    let headers = try RequestSigning(signing, atMs: 1_440_938_160_000).sign(
      method: method, host: "example.amazonaws.com", path: path, query: query, headers: [],
      body: [])
    #expect(headers.first?.value == "20150830T123600Z")
    #expect(
      headers.last?.value
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        + "SignedHeaders=host;x-amz-date, Signature=\(signature)")
  }

  @Test func `a signed request carries its date, its token and its signature`() async throws {
    let world = try World()
    let outcome = await world.outcome("/echo?b=1&a=x%20y") {
      $0.authentication = .sigV4(
        .init(
          region: "eu-central-1", service: "s3", accessKey: "AKID", secretKey: "key",
          sessionToken: "session/token="))
      $0.contains = [
        "X-Amz-Security-Token: session/token=\n", "X-Amz-Content-Sha256: e3b0c442",
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=",
      ]
    }
    #expect(outcome == .up)
    world.test.prober.stop()
  }
}
