import AgentCore
import Glibc
import Linux
import Model
import Testing

@testable import Probing

/// What else an http check may wish.
@Suite struct HTTPOptionTests {
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
      change(&check)
      return await test.probe(.http(check)).outcome
    }
  }

  @Test func `an expected location is where the way ends`() async throws {
    let world = try World()
    let to = world.url("/there?secret=1")
    func outcome(_ path: String, _ expected: String, _ most: UInt32 = 10) async -> Outcome {
      await world.outcome(path) {
        $0.expectedLocation = expected
        $0.maxRedirects = most
      }
    }
    for most: UInt32 in [0, 10] {
      #expect(await outcome("/away?to=\(to)", world.url("/there"), most) == .up)
      #expect(await outcome("/away?to=/there", world.url("/there"), most) == .up)
    }
    let elsewhere = await outcome("/away?to=\(to)", world.url("/here"), 0)
    #expect(elsewhere.failure?.reason == .redirectUnexpected)
    #expect(elsewhere.failure?.detail.contains("secret=***") == true, "\(elsewhere)")
    #expect(
      await outcome("/echo", "http://x/")
        == .failed(
          Failure(
            .redirectUnexpected,
            detail: "status 200, where a redirect to \"http://x/\" is expected")))
    world.test.prober.stop()
  }

  @Test func `cookies live as long as their probe`() async throws {
    let world = try World()
    for _ in 0..<2 {
      let kept = await world.outcome("/cookie") {
        $0.keepsCookies = true
        $0.contains = ["a=1"]
      }
      #expect(kept == .up)
      let fresh = await world.outcome("/cookie/back") {
        $0.keepsCookies = true
        $0.contains = ["none"]
      }
      #expect(fresh == .up)
    }
    let dropped = await world.outcome("/cookie") { $0.contains = ["none"] }
    #expect(dropped == .up)
    world.test.prober.stop()
  }

  @Test func `caches are passed by`() async throws {
    let world = try World()
    let outcome = await world.outcome("/echo?x=1") {
      $0.bustsCaches = true
      $0.contains = ["/echo?x=1&upblit=17", "Cache-Control: no-cache"]
      $0.conditions = ["[BODY] == regex(upblit=[0-9]{13}\\b)"]
    }
    #expect(outcome.isUp || outcome.failure?.reason == .assertMissing, "\(outcome)")
    let second = await world.outcome("/echo") {
      $0.bustsCaches = true
      $0.conditions = ["[BODY] == regex(GET /echo\\?upblit=[0-9]{13}\\n)"]
    }
    #expect(second == .up)
    world.test.prober.stop()
  }

  @Test(arguments: [
    ("/gzip", Reason?.none), ("/gzip?cut=5", .protocolIncomplete),
    ("/gzip?cut=25", .protocolIncomplete), ("/gzip?as=br", .protocolEncoding),
    ("/gzip?as=deflate", .protocolEncoding), ("/gzip?as=identity", .assertMissing),
    ("/gzip?times=100000", .bodyBomb),
  ])
  func `a compressed body is decoded, and its faults are seen`(
    path: String, reason: Reason?
  )
    async throws
  {
    let world = try World()
    let outcome = await world.outcome(path) {
      $0.contains = ["plain and simple"]
      $0.bodyLimit = 4 << 20
    }
    #expect(outcome.failure?.reason == reason, "\(outcome)")
    let wished = await world.outcome(path) {
      $0.wantsCompression = true
      $0.bodyLimit = 4 << 20
    }
    #expect(wished.failure?.reason == (reason == .assertMissing ? nil : reason), "\(wished)")
    world.test.prober.stop()
  }

  @Test func `a connection is kept for the same target alone, and only by wish`() async throws {
    let world = try World()
    var check = HTTPCheck(url: world.url("/later"))
    let fresh = check
    check.keepsConnection = true
    world.test.prober.assign([
      TestProber.target(1, .http(check)), TestProber.target(2, .http(check)),
      TestProber.target(3, .http(fresh)),
    ])
    let notes = await world.test.notebook.wait { notes in
      (1...3).allSatisfy { slot in notes.records.count { $0.slot == UInt64(slot) } >= 3 }
    }
    // A scheduled target's "probe now" uses its connection, which alone is answered well.
    let request = ProbeRequestID.random()
    world.test.prober.probeNow(
      request, target: TestProber.target(1, .http(check)), deadlineMs: 60_000)
    let asked = await world.test.notebook.wait { $0.records.contains { $0.request == request } }
    #expect(asked.records.first { $0.request == request }?.outcome == .up)
    world.test.prober.stop()
    for slot: UInt64 in 1...3 {
      let ups = notes.records.filter { $0.slot == slot }.prefix(3).map(\.outcome.isUp)
      #expect(ups == (slot == 3 ? [false, false, false] : [false, true, true]), "slot \(slot)")
    }
  }

  @Test func `what a target repeats of a check's secrets is masked`() async throws {
    let world = try World()
    _ = await world.outcome("/echo") {
      $0.headers = [RequestHeader(name: "X-Api-Key", value: "hunter2hunter2")]
      $0.authentication = .basic(user: "mon", password: "pass word")
      $0.statusRanges = [500...500]
    }
    let evidence = try #require(world.test.notebook.now.evidence.last?.evidence)
    let body = String(decoding: evidence.bodyExcerpt, as: UTF8.self)
    #expect(body.contains("X-Api-Key: ***\n"), "\(body)")
    #expect(body.contains("Authorization: Basic ***\n"), "\(body)")
    let found = await world.outcome("/echo") {
      $0.headers = [RequestHeader(name: "X-Api-Key", value: "hunter2hunter2")]
      $0.conditions = ["[BODY] == regex(^nothing$)"]
    }
    #expect(found.failure?.detail.contains("hunter2") == false, "\(found)")
    world.test.prober.stop()
  }

  @Test(arguments: [
    ("a secret b", ["secret"], false, "a *** b"), ("sec", ["secret"], true, "sec"),
    ("a secr", ["secret"], true, "a ***"), ("a secr", ["secret"], false, "a secr"),
    ("abcabcd", ["abcd"], false, "abc***"), ("longer long", ["long", "longer"], false, "*** ***"),
    ("abc abc", ["abc"], false, "abc abc"), ("", ["secret"], true, ""),
    ("a (secr…) b", ["secret"], true, "a (***…) b"), ("a secr…", ["secret"], false, "a secr…"),
    ("sec… secr… secre", ["secret"], true, "sec… ***… ***"),
    ("a secr\n", ["secret"], true, "a ***\n"),
    ("secr\nb", ["secret"], true, "secr\nb"), ("secrsecr", ["secret"], true, "secr***"),
  ])
  func `known secrets are masked wherever they stand`(
    text: String, secrets: [String], mayBeCut: Bool, result: String
  ) {
    let masked = SecretMask.masking(
      secrets.map { Array($0.utf8) }, in: Array(text.utf8), mayBeCut: mayBeCut)
    #expect(String(decoding: masked, as: UTF8.self) == result)
  }

  @Test func `a pinned address is connected to in place of the name's`() async throws {
    let server = try HostileServer(answering: plainAnswer)
    let test = try TestProber()
    var check = HTTPCheck(url: "http://no-such-name.invalid:\(server.port)/")
    check.pinnedAddress = .ipv4(0x7f00_0001)
    #expect(await test.probe(.http(check)).outcome == .up)
    check.pinnedAddress = .ipv4(0xa9fe_a9fe)
    #expect(await test.probe(.http(check)).outcome.failure?.reason == .agentAddressRefused)
    test.prober.stop()
    server.stop()
    #expect(server.heads.first?.contains("Host: no-such-name.invalid:\(server.port)\r\n") == true)
  }

  // MARK: HTTP/2

  static let nginx = HelperProgram.path(of: "nginx")

  @Test(.enabled(if: nginx != nil, "nginx is missing"))
  func `HTTP 2 is spoken over TLS and in plain text`() async throws {
    let authority = try TestCertificate(name: "CA", isAuthority: true)
    let leaf = try TestCertificate(name: "x", alternativeName: "IP:127.0.0.1", issuer: authority)
    var template = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let (plain, secure) = (try HelperProgram.freePort(), try HelperProgram.freePort())
    try Files.overwrite("\(folder)/leaf.pem", with: Array(leaf.pem.utf8))
    try Files.overwrite("\(folder)/leaf.key", with: Array(leaf.keyPEM.utf8))
    let settings = """
      daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/log;
      events {}
      http {
        access_log off; client_body_temp_path \(folder); proxy_temp_path \(folder);
        fastcgi_temp_path \(folder); uwsgi_temp_path \(folder); scgi_temp_path \(folder);
        server { listen 127.0.0.1:\(plain) http2; location / { return 200 "plain"; } }
        server {
          listen 127.0.0.1:\(secure) ssl http2; ssl_certificate \(folder)/leaf.pem;
          ssl_certificate_key \(folder)/leaf.key;
          location / { return 200 "secure"; }
          location /away { return 302 https://127.0.0.1:\(secure)/; }
        }
      }
      """
    try Files.overwrite("\(folder)/nginx.conf", with: Array(settings.utf8))
    let program = try HelperProgram(
      [
        try #require(Self.nginx), "-p", folder, "-e", "\(folder)/log", "-c", "\(folder)/nginx.conf",
      ],
      speaks: false)
    try HelperProgram.waitForListener(secure)
    let test = try TestProber()
    for (url, text, version) in [
      ("https://127.0.0.1:\(secure)/", "secure", HTTPVersion.http2),
      ("https://127.0.0.1:\(secure)/away", "secure", .http2),
      ("https://127.0.0.1:\(secure)/", "secure", .http11),
      ("http://127.0.0.1:\(plain)/", "plain", .http2),
    ] {
      var check = HTTPCheck(url: url)
      check.version = version
      check.tls.authorities = authority.pem
      check.contains = [text]
      check.conditions = ["[HTTP_VERSION] == \(version.word)"]
      let outcome = await test.probe(.http(check)).outcome
      #expect(outcome == .up, "\(url) \(version) \(outcome)")
    }
    test.prober.stop()
    _ = program
  }
}
