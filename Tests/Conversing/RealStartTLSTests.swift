import Dialogue
import Model
import Testing

extension SocketTests {
  /// Protocols that turn to TLS, spoken with real servers. PostgreSQL has tests of its own.
  @Suite struct RealStartTLSTests {
    private struct World {
      let rig: ConversationRig
      let servers: StartTLSServers
      let ports: StartTLSServers.Ports
      let kind: StartTLSServers.Kind

      init(_ kind: StartTLSServers.Kind) throws {
        rig = try ConversationRig()
        servers = try StartTLSServers.shared.get()
        ports = try #require(servers.ports[kind.spoken])
        self.kind = kind
        for port in [ports.tls, ports.plain] { try ServerKeeper.wait(for: port, rig) }
      }

      func converse(
        _ port: UInt16, _ change: (inout TLSPlan) -> Void = { _ in }
      ) throws -> ConversationReport {
        var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
        plan.authorities = .pem(servers.authority.pem)
        plan.startTLS = kind.spoken
        change(&plan)
        return try rig.stream(port, tls: plan)
      }
    }

    @Test(arguments: StartTLSServers.kinds)
    func `a real server turns to TLS, and its certificate is told and judged`(
      kind: StartTLSServers.Kind
    ) throws {
      guard kind.isThere else { try Test.cancel("\(kind.package) is not installed") }
      let world = try World(kind)
      let good = try world.converse(world.ports.tls)
      #expect(good.failure == nil)
      let facts = try #require(good.tls)
      #expect(facts.isVerified && facts.verifyCode == 0)
      #expect(["TLSv1.2", "TLSv1.3"].contains(facts.version))
      let leaf = try #require(facts.chain.first)
      #expect(leaf.subject == "CN=server" && leaf.issuer == "CN=Test CA")
      #expect(leaf.names == ["localhost", "*.a.example"])
      #expect(leaf.notAfter - leaf.notBefore == 31 * 86_400 + 60)
      #expect(good.connectedUs ?? .max <= good.tlsUs ?? 0)

      let other = try PeerCertificate(name: "Another CA", isAuthority: true)
      let unknown = try world.converse(world.ports.tls) { $0.authorities = .pem(other.pem) }
      #expect(unknown.failure?.reason == .tlsUnknownIssuer, "\(unknown)")
      let named = try world.converse(world.ports.tls) { $0.verifyName = "b.example" }
      #expect(named.failure?.reason == .tlsNameMismatch, "\(named)")
      #expect(named.failure?.detail.contains("localhost, *.a.example") == true)
      let careless = try world.converse(world.ports.tls) {
        $0.verifyName = "b.example"
        $0.verifies = false
      }
      #expect(careless.failure == nil && careless.tls?.isVerified == false)
    }

    @Test(arguments: StartTLSServers.kinds)
    func `a real server without TLS says so`(kind: StartTLSServers.Kind) throws {
      guard kind.isThere else { try Test.cancel("\(kind.package) is not installed") }
      let world = try World(kind)
      let report = try world.converse(world.ports.plain)
      #expect(report.failure?.reason == .replyStatus, "\(report)")
      #expect(report.tls == nil)
    }

    @Test(arguments: StartTLSServers.kinds)
    func `a real server that is asked in another protocol's words is not taken for it`(
      kind: StartTLSServers.Kind
    ) throws {
      guard kind.isThere else { try Test.cancel("\(kind.package) is not installed") }
      let world = try World(kind)
      // It greets in its own words, or waits for the peer's.
      let isSilent = [.ldap, .xmpp].contains(kind.spoken)
      let asked: StartTLSProtocol = kind.spoken == .imap ? .pop3 : .imap
      var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
      plan.startTLS = asked
      let report = try world.rig.stream(
        world.ports.tls, tls: plan, limitMs: isSilent ? 100 : 20_000)
      #expect(
        report.failure?.reason == (isSilent ? .timeoutFirstByte : .protocolInvalid), "\(report)")
      #expect(report.tls == nil)
    }
  }
}
