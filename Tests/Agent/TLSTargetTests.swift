import COpenSSL
import Glibc
import Model
import Probing
import Testing

/// What becomes of https targets, with chain and name verified.
@Suite struct TLSTargetTests {
  /// A CA, its file, and a prober that trusts it.
  private struct World {
    let authority: TestCertificate
    let test: TestProber
    let caFile: String

    init() throws {
      authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
      let caFile = try authority.write()
      self.caFile = caFile
      test = try TestProber {
        $0.allowsLoopback = true
        $0.caFile = caFile
      }
    }

    func probe(_ server: TLSServer, host: String = "127.0.0.1") async -> ProbeRecord {
      let record = await test.probe(server.url(host: host))
      return record
    }

    func end(_ server: TLSServer) {
      test.prober.stop()
      server.stop()
      unlink(caFile)
    }
  }

  @Test func `a good certificate is accepted, and its days are told`() async throws {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "IP:127.0.0.1", days: -1...45, issuer: world.authority)
    let server = try TLSServer(leaf, answering: plainAnswer)
    for _ in 0..<3 {
      let record = await world.probe(server)
      #expect(record.outcome == .up)
      #expect(record.certificateDays == 45)
      let phases = try #require(record.phases)
      #expect(phases.connect < phases.tls && phases.tls <= phases.firstByte)
    }
    world.end(server)
  }

  @Test func `the days are told also of an answer that fails`() async throws {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "IP:127.0.0.1", days: -1...3, issuer: world.authority)
    let server = try TLSServer(
      leaf, answering: "HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhello")
    let record = await world.probe(server)
    #expect(record.outcome.failure?.failureClass == .protocol)
    #expect(record.status == 503)
    #expect(record.certificateDays == 3)
    var check = HTTPCheck(url: server.url())
    check.statusRanges = [503...503]
    check.maxRedirects = 0
    check.bodyLimit = 5
    check.degradedBelowCertificateDays = 4
    let short = await world.test.probe(.http(check))
    #expect(short.outcome.failure?.failureClass == .protocol)
    world.end(server)
  }

  @Test func `an expired certificate is named as such, with its age`() async throws {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "IP:127.0.0.1", days: -60 ... -10, issuer: world.authority)
    let server = try TLSServer(leaf, answering: plainAnswer)
    let record = await world.probe(server)
    #expect(
      record.outcome
        == .failed(
          Failure(
            .tlsExpired, curlCode: 60,
            detail: "the certificate is not accepted: certificate has expired, 10 days ago")))
    #expect(record.certificateDays == -10)
    #expect(record.status == nil)
    world.end(server)
  }

  @Test func `a certificate that signs itself, one of another CA and one for later are refused`()
    async throws
  {
    let world = try World()
    let other = try TestCertificate(name: "Another CA", isAuthority: true)
    let leaves: [(TestCertificate, String)] = [
      (
        try TestCertificate(name: "x", alternativeName: "IP:127.0.0.1"),
        "self-signed certificate"
      ),
      (
        try TestCertificate(name: "x", alternativeName: "IP:127.0.0.1", issuer: other),
        "unable to get local issuer certificate"
      ),
      (
        try TestCertificate(
          name: "x", alternativeName: "IP:127.0.0.1", days: 5...50, issuer: world.authority),
        "certificate is not yet valid"
      ),
    ]
    for (leaf, text) in leaves {
      let server = try TLSServer(leaf, answering: plainAnswer)
      let record = await world.probe(server)
      #expect(record.outcome.failure?.failureClass == .tls)
      #expect(record.outcome.failure?.detail == "the certificate is not accepted: \(text)")
      #expect(record.certificateDays != nil)
      server.stop()
    }
    world.test.prober.stop()
    unlink(world.caFile)
  }

  @Test func `a certificate for another name is refused`() async throws {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "DNS:example.org", issuer: world.authority)
    let server = try TLSServer(leaf, answering: plainAnswer)
    for host in ["127.0.0.1", "localhost"] {
      let record = await world.probe(server, host: host)
      #expect(
        record.outcome
          == .failed(
            Failure(.tlsNameMismatch, curlCode: 60, detail: "the certificate is for another name")))
    }
    world.end(server)
  }

  @Test func `a target that speaks no TLS, stalls or resets the handshake fails in its way`()
    async throws
  {
    let world = try World()
    let rows: [([HostileServer.Step], FailureClass, String?)] = [
      ([.send("SSH-2.0-x\r\n"), .hold], .tls, "what answers does not speak TLS"),
      (
        [.hold], .timeout,
        "no answer within 1500 ms: the connection was accepted, and nothing came"
      ),
      // Whether libcurl or OpenSSL sees the end first decides the words.
      ([.pause(ms: 50), .reset], .tls, nil),
      ([.close], .tls, nil),
    ]
    for (steps, failureClass, detail) in rows {
      let server = try HostileServer { head in head.isEmpty ? steps : [] }
      let record = await world.test.probe(
        "https://127.0.0.1:\(server.port)/",
        timeoutMs: failureClass == .timeout ? 1_500 : 20_000)
      #expect(record.outcome.failure?.failureClass == failureClass)
      if let detail { #expect(record.outcome.failure?.detail == detail) }
      server.stop()
    }
    world.test.prober.stop()
    unlink(world.caFile)
  }

  @Test func `a redirect to https is verified like any other`() async throws {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "IP:127.0.0.1", days: -1...20, issuer: world.authority)
    let server = try TLSServer(leaf, answering: plainAnswer)
    let plain = try HostileServer(
      answering: "HTTP/1.1 301 Go\r\nLocation: \(server.url())\r\nContent-Length: 0\r\n\r\n")
    let record = await world.test.probe(plain.url())
    #expect(record.outcome == .up)
    #expect(record.certificateDays == 20)
    plain.stop()
    world.end(server)
  }

  @Test func `a client certificate that is wanted, and a file of authorities that is not there`()
    async throws
  {
    let world = try World()
    let leaf = try TestCertificate(
      name: "x", alternativeName: "IP:127.0.0.1", issuer: world.authority)
    let server = try TLSServer(leaf, answering: plainAnswer, wantsClientCertificate: true)
    let record = await world.probe(server)
    #expect(record.outcome.isUp == false)
    #expect([.tls, .connect].contains(record.outcome.failure?.failureClass))
    let blind = try TestProber {
      $0.allowsLoopback = true
      $0.caFile = "/nonexistent/ca.pem"
    }
    let unknown = await blind.probe(server.url())
    #expect(unknown.outcome.failure?.failureClass == .agent)
    blind.prober.stop()
    world.end(server)
  }

  @Test func `a name server over HTTPS that wants a certificate is told as one`() async throws {
    let authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
    let server = try TLSServer(
      TestCertificate(name: "x", alternativeName: "IP:127.0.0.1", issuer: authority),
      answering: plainAnswer, wantsClientCertificate: true)
    let file = try authority.write()
    let test = try TestProber {
      $0.allowsLoopback = true
      $0.caFile = file
    }
    var check = DNSCheck(name: "www.example", type: "A")
    check.transport = .https
    check.servers = .these(["https://127.0.0.1:\(server.port)/dns-query"])
    let lacking = await test.probe(.dns(check))
    #expect(lacking.outcome.failure?.reason == .tlsClientCertificate, "\(lacking.outcome)")
    let stranger = try TestCertificate(name: "stranger")
    check.tls.certificate = stranger.pem
    check.tls.key = stranger.keyPEM
    let refused = await test.probe(.dns(check))
    #expect(refused.outcome.failure?.reason == .tlsClientCertificate, "\(refused.outcome)")
    test.prober.stop()
    server.stop()
  }
}
