import COpenSSL
import Model
import Probing
import Testing

/// What https and tls checks say of certificates and versions that `openssl s_server` shows: the same.
@Suite(.enabled(if: CertificateServer.openssl != nil, "openssl is missing"))
struct CertificateTargetTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var reason: Reason?
    var least = TLSVersion.tls12
    var serve: @Sendable (_ authority: TestCertificate) throws -> CertificateServer

    var testDescription: String { name }
  }

  static let address = "IP:127.0.0.1"

  private static func leaf(
    _ name: String, _ reason: Reason?, names: String? = address,
    days: ClosedRange<Int> = -1...90, rsaBits: Int32? = nil, hasOldSignature: Bool = false,
    options: [String] = [], least: TLSVersion = .tls12
  ) -> Row {
    Row(name: name, reason: reason, least: least) { authority in
      try CertificateServer(
        TestCertificate(
          name: "x", alternativeName: names, days: days, rsaBits: rsaBits,
          digest: hasOldSignature ? EVP_sha1() : EVP_sha256(), issuer: authority),
        options: options)
    }
  }

  private static func chain(
    _ name: String, _ reason: Reason?, isSent: Bool, days: ClosedRange<Int> = -1...90,
    rsaBits: Int32? = nil
  ) -> Row {
    Row(name: name, reason: reason) { authority in
      let middle = try TestCertificate(
        name: "Middle", days: days, rsaBits: rsaBits, issuer: authority, isAuthority: true)
      return try CertificateServer(
        TestCertificate(name: "x", alternativeName: address, issuer: middle),
        issuers: isSent ? [middle] : [])
    }
  }

  private static func alone(_ name: String, _ reason: Reason, days: ClosedRange<Int>) -> Row {
    Row(name: name, reason: reason) { _ in
      try CertificateServer(TestCertificate(name: "x", alternativeName: address, days: days))
    }
  }

  static let rows: [Row] = [
    leaf("good", nil),
    leaf("good, RSA", nil, rsaBits: 2_048),
    leaf("expired", .tlsExpired, days: -60 ... -10),
    leaf("not yet valid", .tlsNotYetValid, days: 5...50),
    leaf("another name", .tlsNameMismatch, names: "IP:127.0.0.2,DNS:example.test"),
    alone("self-signed", .tlsSelfSigned, days: -1...90),
    alone("self-signed and expired", .tlsSelfSigned, days: -60 ... -10),
    Row(name: "unknown issuer", reason: .tlsUnknownIssuer) { _ in
      let other = try TestCertificate(name: "Another CA", isAuthority: true)
      return try CertificateServer(
        TestCertificate(name: "x", alternativeName: address, issuer: other), issuers: [other])
    },
    chain("intermediate missing", .tlsUnknownIssuer, isSent: false),
    chain("intermediate sent", nil, isSent: true),
    chain("intermediate expired", .tlsExpired, isSent: true, days: -60 ... -10),
    chain("intermediate with a weak key", .tlsWeak, isSent: true, rsaBits: 1_024),
    leaf("key of 1024 bits", .tlsWeak, rsaBits: 1_024),
    // TLS 1.3 has no signature that short a key could make.
    leaf("key of 512 bits", .tlsWeak, rsaBits: 512, options: ["-tls1_2"]),
    leaf("signature with SHA-1", .tlsWeak, hasOldSignature: true),
    leaf("TLS 1.0 alone", .tlsVersion, options: ["-tls1"]),
    leaf("TLS 1.1 alone", .tlsVersion, options: ["-tls1_1"]),
    leaf("TLS 1.1 alone, allowed", nil, options: ["-tls1_1"], least: .tls11),
    leaf("TLS 1.2 alone", nil, options: ["-tls1_2"]),
    leaf("TLS 1.2 alone, too little", .tlsVersion, options: ["-tls1_2"], least: .tls13),
    leaf("TLS 1.3 alone", nil, options: ["-tls1_3"], least: .tls13),
  ]

  @Test(arguments: rows)
  func `an https and a tls check find the same`(row: Row) async throws {
    let authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
    let server = try row.serve(authority)
    let test = try TestProber()
    var wishes = TLSWishes()
    wishes.authorities = authority.pem
    wishes.leastVersion = row.least
    var web = HTTPCheck(url: "https://127.0.0.1:\(server.port)/")
    web.tls = wishes
    var handshake = TLSCheck(host: "127.0.0.1", port: server.port)
    handshake.tls = wishes
    for check in [Check.http(web), .tls(handshake)] {
      let outcome = await test.probe(check, timeoutMs: 20_000).outcome
      #expect(outcome.failure?.reason == row.reason, "\(check): \(outcome)")
      // The age of a certificate is told only where it is what is wrong.
      if let failure = outcome.failure, failure.reason != .tlsExpired {
        #expect(!failure.detail.contains("days ago"), "\(failure)")
      }
    }
    test.prober.stop()
  }

  /// What is stapled, and what comes of it where a good status is wished.
  struct Status: Sendable, CustomTestStringConvertible {
    var name: String
    var isStapled = true
    var isRevoked = false
    var isForged = false
    var reason: Reason?

    var testDescription: String { name }
  }

  static let statuses = [
    Status(name: "good"), Status(name: "revoked", isRevoked: true, reason: .tlsRevoked),
    Status(name: "good, signed by another", isForged: true, reason: .tlsStatus),
    Status(name: "none", isStapled: false, reason: .tlsStatus),
  ]

  @Test(arguments: statuses)
  func `a stapled status is believed where the authority signed it`(status: Status) async throws {
    let authority = try TestCertificate(name: "Upblit test CA", isAuthority: true)
    let stranger = try TestCertificate(name: "Upblit test CA", isAuthority: true)
    let staple = CertificateServer.Staple(
      isRevoked: status.isRevoked, issuer: authority,
      signer: status.isForged ? stranger : authority)
    let server = try CertificateServer(
      TestCertificate(name: "x", alternativeName: Self.address, issuer: authority),
      staple: status.isStapled ? staple : nil)
    let test = try TestProber()
    var web = HTTPCheck(url: "https://127.0.0.1:\(server.port)/")
    web.tls.authorities = authority.pem
    #expect(await test.probe(.http(web)).outcome == .up)
    web.conditions = ["[CERTIFICATE].ocsp == good"]
    let asked = await test.probe(.http(web)).outcome
    #expect(asked.failure?.reason == (status.reason == nil ? nil : .assertCertificate), "\(asked)")
    web.conditions = ["[CERTIFICATE].ocsp == revoked"]
    let revoked = await test.probe(.http(web)).outcome
    #expect(revoked.isUp == status.isRevoked, "\(revoked)")
    var handshake = TLSCheck(host: "127.0.0.1", port: server.port)
    handshake.tls.authorities = authority.pem
    let lax = await test.probe(.tls(handshake)).outcome
    #expect(lax.failure?.reason == (status.isRevoked ? .tlsRevoked : nil), "\(lax)")
    handshake.needsStatus = true
    let strict = await test.probe(.tls(handshake)).outcome
    #expect(strict.failure?.reason == status.reason, "\(strict)")
    test.prober.stop()
  }
}
