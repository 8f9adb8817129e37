import COpenSSL
import Dialogue
import Model
import Testing

extension SocketTests {
  @Suite struct TLSStreamTests {
    @Test func `a good certificate is accepted, and all of it is told`() throws {
      let world = try TLSWorld()
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

    @Test func `versions that are too old are refused, and spoken where they are allowed`() throws {
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
      defer { world.end() }
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      let (report, _) = try world.converse(tls, script: script, then: steps)
      #expect(report.failure?.reason == reason, "\(report)")
    }

    @Test func `a large answer comes through whole`() throws {
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
      defer { world.end() }
      let rows: [([PeerServer.Step], Reason, Int64)] = [
        ([.send("+OK\r\n"), .await("STLS"), .send("-ERR\r\n"), .hold], .replyStatus, 20_000),
        (
          [.send("+OK\r\n"), .await("STLS"), .send("+OK\r\n+OK injected\r\n"), .hold],
          .protocolInvalid, 20_000
        ),
        ([.send("SSH-2.0\r\n"), .hold], .protocolInvalid, 20_000),
        ([.hold], .timeoutFirstByte, 150), ([.send("+OK"), .hold], .timeoutAnswer, 150),
        ([.close], .tcpClosed, 20_000),
        ([.send("+OK\r\n"), .await("STLS"), .close], .protocolInvalid, 20_000),
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
