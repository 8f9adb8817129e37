import AgentCore
import COpenSSL
import Glibc
import Model
import Probing
import Testing

/// How an http check may wish TLS to be made.
@Suite struct TLSWishesTests {
  private struct World {
    let authority: TestCertificate
    let test: TestProber

    init() throws {
      authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
      test = try TestProber { $0.allowsLoopback = true }
    }

    func leaf(_ names: String? = "IP:127.0.0.1", name: String = "x") throws -> TestCertificate {
      try TestCertificate(name: name, alternativeName: names, issuer: authority)
    }

    func outcome(
      _ server: TLSServer, _ change: (inout HTTPCheck) -> Void = { _ in }
    ) async -> Outcome {
      var check = HTTPCheck(url: server.url())
      check.tls.authorities = authority.pem
      change(&check)
      return await test.probe(.http(check)).outcome
    }

    func end(_ servers: TLSServer...) {
      test.prober.stop()
      for server in servers { server.stop() }
    }
  }

  @Test func `an insecure check takes any certificate and still tells its days`() async throws {
    let world = try World()
    let server = try TLSServer(
      TestCertificate(name: "other", days: -1...7), answering: plainAnswer)
    var check = HTTPCheck(url: server.url())
    #expect(await world.test.probe(.http(check)).outcome.failure?.failureClass == .tls)
    check.tls.verifies = false
    let record = await world.test.probe(.http(check))
    #expect(record.outcome == .up)
    #expect(record.certificateDays == 7)
    world.end(server)
  }

  @Test func `own authorities are believed in place of the agent's`() async throws {
    let world = try World()
    let server = try TLSServer(world.leaf(), answering: plainAnswer)
    #expect(await world.outcome(server) == .up)
    #expect(
      await world.outcome(server) { $0.tls.authorities = nil }.failure?.reason == .tlsUnknownIssuer)
    let nonsense = await world.outcome(server) { $0.tls.authorities = "not PEM" }
    #expect(
      nonsense
        == .failed(
          Failure(.agentFailed, detail: "the check's certificate authorities can't be read")))
    world.end(server)
  }

  @Test(arguments: [Int32(0), 0x0303])
  func `a client certificate is shown where it is wanted`(newest: Int32) async throws {
    let world = try World()
    let server = try TLSServer(
      world.leaf(), answering: plainAnswer, newestVersion: newest, wantsClientCertificate: true,
      clientsOf: world.authority)
    let own = try TestCertificate(name: "agent", issuer: world.authority)
    let foreign = try TestCertificate(name: "stranger")
    func outcome(_ certificate: String?, _ key: String?) async -> Outcome {
      await world.outcome(server) {
        $0.tls.certificate = certificate
        $0.tls.key = key
      }
    }
    #expect(await outcome(own.pem, own.keyPEM) == .up)
    let missing = await outcome(nil, nil)
    #expect(missing.failure?.reason == .tlsClientCertificate, "\(missing)")
    #expect(missing.failure?.detail == "a client certificate is wanted")
    let refused = await outcome(foreign.pem, foreign.keyPEM)
    #expect(refused.failure?.reason == .tlsClientCertificate, "\(refused)")
    for (certificate, key, words) in [
      (own.pem, foreign.keyPEM, "the key does not belong to the client certificate"),
      (own.pem, "nonsense", "the client certificate's key can't be read"),
      ("nonsense", own.keyPEM, "the client certificate can't be read"),
    ] {
      #expect(await outcome(certificate, key) == .failed(Failure(.agentFailed, detail: words)))
    }
    world.end(server)
  }

  @Test(arguments: [
    (Int32(0x0302), TLSVersion.tls12, false), (0x0302, .tls11, true), (0x0301, .tls11, false),
    (0x0301, .tls10, true), (0x0303, .tls13, false), (0x0303, .tls12, true), (0, .tls13, true),
  ])
  func `the least version holds`(newest: Int32, least: TLSVersion, isUp: Bool) async throws {
    let world = try World()
    let server = try TLSServer(world.leaf(), answering: plainAnswer, newestVersion: newest)
    let outcome = await world.outcome(server) { $0.tls.leastVersion = least }
    #expect(outcome.isUp == isUp, "\(outcome)")
    if !isUp { #expect(outcome.failure?.reason == .tlsVersion, "\(outcome)") }
    world.end(server)
  }

  @Test func `the server's name is asked for and verified apart from Host`() async throws {
    let world = try World()
    let other = try TLSServer(world.leaf(), answering: plainAnswer)
    let leaf = try world.leaf("DNS:api.example.test")
    let server = try TLSServer(leaf, answering: plainAnswer)
    let away = try TLSServer(
      leaf, answering: "HTTP/1.1 302 Go\r\nLocation: \(other.url())\r\nContent-Length: 0\r\n\r\n")
    #expect(await world.outcome(server).failure?.reason == .tlsNameMismatch)
    let named: (inout HTTPCheck) -> Void = { $0.tls.serverName = "api.example.test" }
    #expect(await world.outcome(server, named) == .up)
    let asked = try #require(server.requests.last)
    #expect(asked.name == "api.example.test")
    #expect(asked.request.contains("\r\nHost: 127.0.0.1:\(server.port)\r\n"), "\(asked.request)")
    #expect(await world.outcome(away, named) == .up)
    let led = try #require(other.requests.last)
    #expect(led.name.isEmpty && led.request.contains("\r\nHost: 127.0.0.1:\(other.port)\r\n"))
    world.end(server, away, other)
  }

  @Test func `a name that stands in the subject alone is none`() async throws {
    let world = try World()
    let server = try TLSServer(world.leaf(nil, name: "localhost"), answering: plainAnswer)
    let outcome = await world.outcome(server) { $0.url = server.url(host: "localhost") }
    #expect(
      outcome
        == .failed(
          Failure(.tlsNameMismatch, curlCode: 60, detail: "the certificate is for another name")))
    world.end(server)
  }

  @Test func `conditions see the session and the certificate`() async throws {
    let world = try World()
    let server = try TLSServer(
      world.leaf("IP:127.0.0.1,DNS:a.example.test", name: "leaf"), answering: plainAnswer)
    let outcome = await world.outcome(server) {
      $0.conditions = [
        "[TLS_VERSION] == 1.3", "[TLS_CIPHER] == pat(TLS_*)", "[CERTIFICATE].subject == CN=leaf",
        "[CERTIFICATE].issuer == CN=Upblit test CA", "[CERTIFICATE].names == a.example.test",
        "[CERTIFICATE_EXPIRATION] > 24h", "[CERTIFICATE].chain_expiration > 24h",
        "[HTTP_VERSION] == 1.1",
      ]
    }
    #expect(outcome == .up)
    world.end(server)
  }

  @Test func `a certificate that is refused is shown`() async throws {
    let world = try World()
    let server = try TLSServer(
      TestCertificate(name: "itself", alternativeName: "IP:127.0.0.1"), answering: plainAnswer)
    #expect(await world.outcome(server).failure?.reason == .tlsSelfSigned)
    let evidence = try #require(world.test.notebook.now.evidence.last?.evidence)
    let text = String(decoding: evidence.certificateChain, as: UTF8.self)
    #expect(text.hasPrefix("subject: CN=itself\nissuer: CN=itself\nnames: 127.0.0.1\nserial: "))
    world.end(server)
  }

  typealias Row = (alert: UInt8?, reason: Int?, lacks: Bool, has: Bool, trouble: TLSTrouble?)

  static let ends: [Row] = [
    (nil, 267, false, false, .notTLS),
    (nil, 258, false, false, .version), (70, nil, false, false, .version),
    (71, nil, false, false, .cipher), (116, nil, false, false, .wantsCertificate),
    (40, nil, true, false, .wantsCertificate),
    (40, nil, false, true, .alert("handshake failure")),
    (48, nil, false, true, .refusesCertificate("unknown authority")),
    (48, nil, false, false, .alert("unknown authority")), (nil, 134, false, false, nil),
    (nil, nil, true, true, nil), (255, nil, false, false, .alert("alert 255")),
  ]

  @Test(arguments: ends)
  func `what TLS says of its end is sorted`(row: Row) {
    let found = TLSTrouble(
      alert: row.alert, reason: row.reason, lacksCertificate: row.lacks, hasCertificate: row.has)
    #expect(found == row.trouble)
  }
}
