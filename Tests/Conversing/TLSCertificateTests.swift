import COpenSSL
import Dialogue
import Model
import Testing

extension SocketTests {
  /// What is made of the certificates that a server shows, and of the status that it staples to them.
  @Suite struct TLSCertificateTests {
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
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
      let world = try TLSWorld()
      defer { world.end() }
      var plan = TLSPlan(verifyName: "localhost")
      plan.wantsStatus = true
      let tls = try PeerTLS(try PeerCertificate(issuer: world.authority))
      #expect(try world.converse(tls, plan: plan).report.failure?.reason == .tlsStatus)
    }
  }
}
