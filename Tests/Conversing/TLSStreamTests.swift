import COpenSSL
import Conversing
import Dialogue
import Linux
import Model
import Testing

/// An authority, and an engine that trusts it.
private struct World {
  let authority: PeerCertificate
  let rig: ConversationRig
  let caFile: String

  init() throws {
    authority = try PeerCertificate(name: "Test CA", isAuthority: true)
    caFile = "/tmp/upblit-test-ca-\(UInt64.random(in: 0 ... .max)).pem"
    try Files.overwrite(caFile, with: Array(authority.pem.utf8))
    rig = try ConversationRig(caFile: caFile)
  }

  func end() { try? Files.remove(caFile) }

  /// A conversation with a server that speaks TLS like that and says "hi".
  func converse(
    _ tls: PeerTLS, plan: TLSPlan = TLSPlan(serverName: "localhost", verifyName: "localhost"),
    script: [StreamStep] = [.expect("hi")], then steps: [PeerServer.Step] = [.send("hi"), .hold]
  ) throws -> (report: ConversationReport, heard: [[UInt8]]) {
    let server = try PeerServer([.tls(tls)] + steps)
    let report = try rig.stream(server.port, tls: plan, script: script)
    server.stop()
    return (report, server.heard)
  }
}

extension SocketTests {
  @Suite struct TLSStreamTests {
    @Test func `a good certificate is accepted, and all of it is told`() throws {
      let world = try World()
      defer { world.end() }
      let middle = try PeerCertificate(
        name: "Middle \u{e9}", days: -1...30, issuer: world.authority, isAuthority: true)
      let leaf = try PeerCertificate(
        name: "leaf", names: "DNS:localhost,DNS:*.a.example,IP:127.0.0.1,IP:::1,email:a@b",
        days: -2...60, issuer: middle)
      var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
      plan.protocols = ["h2", "x"]
      let (report, _) = try world.converse(try PeerTLS(leaf, issuers: [middle]), plan: plan)
      #expect(report.failure == nil)
      #expect(report.received == text("hi"))
      let facts = try #require(report.tls)
      #expect(facts.version == "TLSv1.3")
      #expect(facts.cipher == "TLS_AES_256_GCM_SHA384")
      #expect(facts.isVerified && facts.verifyCode == 0)
      #expect(facts.status == .absent && facts.chosenProtocol == nil)
      #expect(facts.chain.count == 2)
      let first = facts.chain[0]
      #expect(first.subject == "CN=leaf")
      #expect(first.issuer == "CN=Middle \u{e9}")
      #expect(first.names == ["localhost", "*.a.example", "127.0.0.1", "::1"])
      #expect(first.keyType == "EC" && first.keyBits == 256)
      #expect(first.signatureAlgorithm == "ecdsa-with-SHA256")
      #expect(first.fingerprint.count == 64 && !first.serial.isEmpty)
      #expect(first.notAfter - first.notBefore == 62 * 86_400 + 60)
      #expect(facts.leafExpiry == first.notAfter)
      #expect(facts.earliestExpiry == facts.chain[1].notAfter)
      let phases = [
        report.connectedUs, report.tlsUs, report.firstByteUs, Optional(report.totalUs),
      ].compactMap(\.self)
      #expect(phases.count == 4 && phases == phases.sorted())
    }

    struct Row: Sendable, CustomTestStringConvertible {
      var name: String
      var reason: Reason?
      var code: Int = 0
      var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
      var leaf: @Sendable (PeerCertificate) throws -> PeerCertificate

      var testDescription: String { name }
    }

    static let certificates: [Row] = [
      Row(name: "expired", reason: .tlsExpired, code: 10) {
        try PeerCertificate(days: -60 ... -10, issuer: $0)
      },
      Row(name: "not yet valid", reason: .tlsNotYetValid, code: 9) {
        try PeerCertificate(days: 5...10, issuer: $0)
      },
      Row(name: "self-signed", reason: .tlsSelfSigned, code: 18) { _ in try PeerCertificate() },
      Row(name: "self-signed, expired, another name", reason: .tlsSelfSigned, code: 18) { _ in
        try PeerCertificate(names: "DNS:other.example", days: -60 ... -10)
      },
      Row(name: "unknown issuer", reason: .tlsUnknownIssuer, code: 20) { _ in
        try PeerCertificate(issuer: PeerCertificate(name: "Other CA", isAuthority: true))
      },
      Row(name: "another name", reason: .tlsNameMismatch, code: 62) {
        try PeerCertificate(names: "DNS:other.example", issuer: $0)
      },
      Row(name: "expired and another name", reason: .tlsExpired, code: 10) {
        try PeerCertificate(names: "DNS:other.example", days: -60 ... -10, issuer: $0)
      },
      Row(name: "name in CN alone", reason: .tlsNameMismatch, code: 62) {
        try PeerCertificate(name: "localhost", names: nil, issuer: $0)
      },
      Row(
        name: "address", reason: nil,
        plan: TLSPlan(serverName: "127.0.0.1", verifyName: "127.0.0.1")
      ) { try PeerCertificate(issuer: $0) },
      Row(
        name: "another address", reason: .tlsNameMismatch, code: 64,
        plan: TLSPlan(verifyName: "127.0.0.2")
      ) { try PeerCertificate(issuer: $0) },
      Row(
        name: "address as a name", reason: .tlsNameMismatch, code: 64,
        plan: TLSPlan(verifyName: "127.0.0.1")
      ) { try PeerCertificate(names: "DNS:127.0.0.1", issuer: $0) },
      Row(
        name: "wildcard", reason: nil, plan: TLSPlan(verifyName: "w.a.example.")
      ) { try PeerCertificate(names: "DNS:*.a.example", issuer: $0) },
      Row(
        name: "wildcard within a label", reason: .tlsNameMismatch, code: 62,
        plan: TLSPlan(verifyName: "www.a.example")
      ) { try PeerCertificate(names: "DNS:w*.a.example", issuer: $0) },
      Row(
        name: "wildcard over two labels", reason: .tlsNameMismatch, code: 62,
        plan: TLSPlan(verifyName: "a.b.a.example")
      ) { try PeerCertificate(names: "DNS:*.a.example", issuer: $0) },
      Row(name: "weak key", reason: .tlsWeak, code: 66) {
        try PeerCertificate(rsaBits: 1_024, issuer: $0)
      },
      Row(name: "weak signature", reason: .tlsWeak, code: 68) {
        try PeerCertificate(digest: EVP_sha1(), issuer: $0)
      },
      Row(name: "no name asked for", reason: nil, plan: TLSPlan()) {
        try PeerCertificate(names: "DNS:other.example", issuer: $0)
      },
    ]

    @Test(arguments: certificates)
    func `a certificate is judged, and its chain told in any case`(row: Row) throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try row.leaf(world.authority))
      let secret: [StreamStep] = [.send("secret"), .expect("hi")]
      let (report, heard) = try world.converse(tls, plan: row.plan, script: secret)
      #expect(report.failure?.reason == row.reason, "\(String(describing: report.failure))")
      let facts = try #require(report.tls)
      #expect(facts.chain.count == 1)
      #expect(facts.verifyCode == row.code)
      #expect(facts.isVerified == (row.reason == nil))
      // Nothing is said to a server that is not who it should be.
      #expect(heard.contains(text("secret")) == (row.reason == nil))
      // Where it does not matter, it is told all the same.
      var careless = row.plan
      careless.verifies = false
      let (other, _) = try world.converse(tls, plan: careless)
      #expect(other.failure == nil)
      #expect(other.tls?.verifyCode == row.code)
    }

    @Test func `the age of an expired certificate and a name in CN alone are told`() throws {
      let world = try World()
      defer { world.end() }
      let expired = try PeerCertificate(days: -60 ... -10, issuer: world.authority)
      #expect(
        try world.converse(try PeerTLS(expired)).report.failure?.detail
          == "the certificate is not accepted: certificate has expired, 9 days ago")
      let common = try PeerCertificate(name: "localhost", names: nil, issuer: world.authority)
      let detail = try world.converse(try PeerTLS(common)).report.failure?.detail
      #expect(detail?.contains("subject's common name, which does not count") == true)
    }

    @Test func `a missing intermediate is an unknown issuer`() throws {
      let world = try World()
      defer { world.end() }
      let middle = try PeerCertificate(name: "Middle", issuer: world.authority, isAuthority: true)
      let leaf = try PeerCertificate(issuer: middle)
      #expect(
        try world.converse(try PeerTLS(leaf)).report.failure?.reason == .tlsUnknownIssuer)
      #expect(try world.converse(try PeerTLS(leaf, issuers: [middle])).report.failure == nil)
      // One that is trusted itself ends the chain.
      var plan = TLSPlan(verifyName: "localhost")
      plan.authorities = .pem(middle.pem)
      #expect(try world.converse(try PeerTLS(leaf), plan: plan).report.failure == nil)
    }

    @Test func `versions that are too old are refused, and spoken where they are allowed`() throws {
      let world = try World()
      defer { world.end() }
      let leaf = try PeerCertificate(issuer: world.authority)
      for (newest, name) in [
        (TLS1_VERSION, "TLSv1"), (TLS1_1_VERSION, "TLSv1.1"), (TLS1_2_VERSION, "TLSv1.2"),
      ] {
        let tls = try PeerTLS(leaf, newest: newest)
        var plan = TLSPlan(verifyName: "localhost")
        plan.minimum = newest == TLS1_2_VERSION ? .tls13 : .tls12
        #expect(try world.converse(tls, plan: plan).report.failure?.reason == .tlsVersion)
        plan.minimum = newest == TLS1_VERSION ? .tls10 : newest == TLS1_1_VERSION ? .tls11 : .tls12
        let (report, _) = try world.converse(tls, plan: plan)
        #expect(report.failure == nil, "\(name)")
        #expect(report.tls?.version == name)
      }
    }

    @Test func `no cipher in common is a handshake that fails`() throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(
        try PeerCertificate(issuer: world.authority), newest: TLS1_2_VERSION,
        ciphers: "ECDHE-ECDSA-NULL-SHA")
      let (report, _) = try world.converse(tls)
      #expect(report.failure?.reason == .tlsFailed)
      #expect(report.failure?.detail.contains("no parameters in common") == true)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `a client certificate that is wanted is shown, or missed`(newest: Int32) throws {
      let world = try World()
      defer { world.end() }
      let clients = try PeerCertificate(name: "Clients", isAuthority: true)
      let tls = try PeerTLS(
        try PeerCertificate(issuer: world.authority), newest: newest, trusting: clients)
      // Also where nothing is to be said or heard: with 1.3 it shows only after the handshake.
      for script in [[StreamStep.expect("hi")], []] {
        let (report, _) = try world.converse(tls, script: script)
        #expect(report.failure?.reason == .tlsClientCertificate, "\(report)")
      }
      var plan = TLSPlan(verifyName: "localhost")
      let own = try PeerCertificate(name: "own", issuer: clients)
      plan.identity = .init(certificates: own.pem + clients.pem, key: own.keyPEM)
      let (report, _) = try world.converse(tls, plan: plan)
      #expect(report.failure == nil)
      #expect(report.tls?.wantsClientCertificate == false || report.tls != nil)
      let stranger = try PeerCertificate(name: "stranger")
      plan.identity = .init(certificates: stranger.pem, key: stranger.keyPEM)
      #expect(
        try world.converse(tls, plan: plan).report.failure?.reason == .tlsClientCertificate)
    }

    @Test func `what the agent or the check has wrong is not the target's fault`() throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      var plan = TLSPlan(verifyName: "localhost")
      let own = try PeerCertificate(), other = try PeerCertificate()
      for identity in [
        TLSPlan.Identity(certificates: "", key: own.keyPEM),
        .init(certificates: own.pem, key: ""), .init(certificates: own.pem, key: other.keyPEM),
      ] {
        plan.identity = identity
        #expect(try world.converse(tls, plan: plan).report.failure?.reason == .agentFailed)
      }
      plan.identity = nil
      for authorities in [TLSPlan.Authorities.file("/nonexistent"), .pem("none"), .pem("")] {
        plan.authorities = authorities
        #expect(try world.converse(tls, plan: plan).report.failure?.reason == .agentAuthorities)
      }
    }

    struct Staple: Sendable {
      var status: Int32
      var hours: ClosedRange<Int> = -1...24
      var isForeign = false
      var isOfAnother = false
      var reason: Reason?
      /// Where no status is wanted.
      var lax: Reason?
    }

    static let staples: [Staple] = [
      Staple(status: V_OCSP_CERTSTATUS_GOOD),
      Staple(status: V_OCSP_CERTSTATUS_REVOKED, reason: .tlsRevoked, lax: .tlsRevoked),
      Staple(status: V_OCSP_CERTSTATUS_UNKNOWN, reason: .tlsStatus),
      Staple(status: V_OCSP_CERTSTATUS_GOOD, hours: -48 ... -24, reason: .tlsStatus),
      Staple(status: V_OCSP_CERTSTATUS_GOOD, isForeign: true, reason: .tlsStatus),
      Staple(status: V_OCSP_CERTSTATUS_GOOD, isOfAnother: true, reason: .tlsStatus),
    ]

    @Test(arguments: staples)
    func `a stapled status is verified and judged`(staple: Staple) throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      let stranger = try PeerCertificate(name: "Stranger", isAuthority: true)
      try tls.staple(
        staple.status, hours: staple.hours,
        signedBy: staple.isForeign ? stranger : world.authority,
        of: staple.isOfAnother ? try PeerCertificate(issuer: world.authority) : nil)
      var plan = TLSPlan(verifyName: "localhost")
      #expect(try world.converse(tls, plan: plan).report.failure?.reason == staple.lax)
      plan.wantsStatus = true
      let (report, _) = try world.converse(tls, plan: plan)
      #expect(report.failure?.reason == staple.reason, "\(String(describing: report.failure))")
      #expect((report.tls?.status == .good) == (staple.reason == nil))
    }

    @Test func `a status that is missing fails a check that wants one`() throws {
      let world = try World()
      defer { world.end() }
      var plan = TLSPlan(verifyName: "localhost")
      plan.wantsStatus = true
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      #expect(try world.converse(tls, plan: plan).report.failure?.reason == .tlsStatus)
    }

    static let endings: [([PeerServer.Step], [StreamStep], Reason?)] = [
      ([.send("hi"), .cut], [.expect("hi"), .expectClose], nil),
      ([.send("hi"), .close], [.expect("hi"), .expectClose], nil),
      ([.cut], [.expect("hi")], .tcpClosed), ([.close], [.expect("hi")], .tcpClosed),
      ([.send("h"), .cut], [.expect("hi")], .assertMissing),
      ([.await("q"), .reset], [.send("q"), .expect("hi")], .tcpReset),
      ([.flood(1)], [.expect("hi")], .assertMissing),
    ]

    @Test(arguments: endings)
    func `how a connection ends within TLS is told`(
      steps: [PeerServer.Step], script: [StreamStep], reason: Reason?
    ) throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      let (report, _) = try world.converse(tls, script: script, then: steps)
      #expect(report.failure?.reason == reason, "\(report)")
    }

    @Test func `a large answer comes through whole`() throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      let block = [UInt8](repeating: 0x61, count: 40_000) + text("end")
      let (report, heard) = try world.converse(
        tls, script: [.send(block), .expect("end"), .expect("end")],
        then: [.await("end"), .send(block), .send(block), .hold])
      #expect(report.failure == nil)
      #expect(report.receivedCount == 80_006)
      #expect(heard == [block])
    }

    @Test func `STARTTLS leads into TLS and on to the script`() throws {
      let world = try World()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      let rows: [(StartTLSProtocol, [PeerServer.Step])] = [
        (
          .smtp,
          [
            .send("220 mail\r\n"), .await("EHLO upblit.invalid\r\n"), .send("250 STARTTLS\r\n"),
            .await("STARTTLS\r\n"), .send("220 go\r\n"),
          ]
        ),
        (.imap, [.send("* OK\r\n"), .await("a1 STARTTLS\r\n"), .send("a1 OK\r\n")]),
        (.pop3, [.send("+OK\r\n"), .await("STLS\r\n"), .send("+OK\r\n")]),
        (.ftp, [.send("220 ftp\r\n"), .await("AUTH TLS\r\n"), .send("234 go\r\n")]),
        (.ldap, [.await("1466.20037"), .send(StartTLSTests.answer(ldap: 0))]),
        (.mysql, [.send(StartTLSTests.greeting(mysql: [0, 0x08])), .awaitCount(36)]),
        (
          .xmpp,
          [
            .await("stream"),
            .send(StartTLSTests.xmppStream + "<f:features><starttls/></f:features>"),
            .await("xmpp-tls'/>"), .send("<proceed/>"),
          ]
        ),
      ]
      for (kind, steps) in rows {
        let server = try PeerServer(steps + [.tls(tls), .await("who"), .send("me"), .hold])
        defer { server.stop() }
        var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
        plan.startTLS = kind
        let report = try world.rig.stream(
          server.port, tls: plan, script: [.send("who"), .expect("me")])
        #expect(report.failure == nil, "\(kind) \(String(describing: report.failure))")
        #expect(report.tls?.isVerified == true, "\(kind)")
      }
    }

    @Test func `STARTTLS that is refused, or has something behind it, never begins TLS`() throws {
      let world = try World()
      defer { world.end() }
      let rows: [([PeerServer.Step], Reason, Int64)] = [
        ([.send("+OK\r\n"), .await("STLS"), .send("-ERR\r\n"), .hold], .replyStatus, 20_000),
        (
          [.send("+OK\r\n"), .await("STLS"), .send("+OK\r\n+OK injected\r\n"), .hold],
          .protocolInvalid, 20_000
        ),
        ([.send("SSH-2.0\r\n"), .hold], .protocolInvalid, 20_000),
        ([.hold], .timeoutFirstByte, 150), ([.send("+OK"), .hold], .timeoutAnswer, 150),
        ([.close], .tcpClosed, 20_000), ([.send("+OK\r\n"), .close], .protocolInvalid, 20_000),
        ([.send("+OK\r\n"), .await("STLS"), .reset], .tcpReset, 20_000),
      ]
      for (steps, reason, limitMs) in rows {
        let server = try PeerServer(steps)
        defer { server.stop() }
        var plan = TLSPlan(verifyName: "localhost")
        plan.startTLS = .pop3
        let report = try world.rig.stream(
          server.port, tls: plan, script: [.expect("x")], limitMs: limitMs)
        #expect(report.failure?.reason == reason)
        #expect(report.tls == nil)
      }
    }
  }
}
