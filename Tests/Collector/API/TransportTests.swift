import Glibc
import OpenSSL
import Signing
import Testing

@testable import API

/// HTTP/2 beside HTTP/1.1, and certificates that change.
struct TransportTests {
  private static let curl = "/usr/bin/curl"

  @Test func `with TLS a client has HTTP/2 or HTTP/1.1, whichever it asks for`() async throws {
    let files = try CertificateFiles()
    try await TestAPI.with(configure: { $0.tls = files.settings }) { api in
      let key = try api.key()
      for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let read = try await fetch(api, "/api/v1/me", files, [flag], key: key)
        #expect(read.output.hasSuffix("\n\(version) 200"), "\(read.output)")
        let refused = try await fetch(
          api, "/api/v1/monitors", files,
          [flag, "-X", "POST", "-H", "Content-Type: text/plain", "-d", "x"], key: key)
        #expect(refused.output.hasSuffix("\n\(version) 415"), "\(refused.output)")
      }
    }
  }

  @Test func `a body of which HTTP/2 tells nothing before is read where one belongs`() async throws
  {
    let files = try CertificateFiles()
    try await TestAPI.with(configure: { $0.tls = files.settings }) { api in
      let key = try api.key()
      // curl sends no length of what it reads as it comes.
      let unannounced = [
        "--http2", "-H", "Content-Length:", "-H", "Content-Type: application/json",
      ]
      let made = try await fetch(
        api, "/api/v1/monitors", files,
        unannounced + ["-d", #"{"name":"a","check":{"kind":"http","url":"http://a/"}}"#],
        key: key)
      #expect(made.output.hasSuffix("\n2 201"), "\(made.output)")
      let refused = try await fetch(
        api, "/api/v1/monitors", files, unannounced + ["-X", "GET", "-d", "{}"], key: key)
      #expect(refused.output.hasSuffix("\n2 400"), "\(refused.output)")
    }
  }

  @Test func `what the public site has in memory is answered without the server`() async throws {
    let files = try CertificateFiles()
    try await TestAPI.with(configure: {
      $0.tls = files.settings
      $0.publicSite = KeptSite()
    }) { api in
      for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        for (path, body) in [("/kept", "ok"), ("/kept/other", "made"), ("/made", "made")] {
          let read = try await fetch(api, path, files, [flag])
          #expect(read.output == "\(body)\n\(version) 200", "\(path): \(read.output)")
        }
      }
      // A body that HTTP/2 does not announce is not the site's to read.
      let odd = try await fetch(
        api, "/kept", files, ["--http2", "-X", "GET", "-H", "Content-Length:", "-d", "x"])
      #expect(odd.output.hasPrefix("made"), "\(odd.output)")
    }
  }

  @Test func `who sends no more is sent the whole answer`() async throws {
    try await TestAPI.with(configure: { $0.publicSite = KeptSite() }) { api in
      let line = try RawConnection(port: api.port, receiveBuffer: 4_096)
      line.send(Array("GET /kept-long HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      line.endSending()
      // Long enough for a server that ends the connection at that to have done so.
      try await Task.sleep(for: .milliseconds(300))
      let all = line.readToEnd()
      #expect(all.utf8.count > KeptSite.longBytes, "\(all.utf8.count)")
    }
  }

  @Test func `a handshake that does not come gives its place to another`() async throws {
    let files = try CertificateFiles()
    try await TestAPI.with(configure: {
      $0.tls = files.settings
      $0.maxConnections = 1
      $0.patience.greeting = .milliseconds(300)
    }) { api in
      let silent = try RawConnection(port: api.port)
      for version in ["--http1.1", "--http2"] {
        let read = try await fetch(api, "/healthz", files, [version])
        #expect(read.status == 0, "\(read.output)")
      }
      withExtendedLifetime(silent) {}
    }
  }

  @Test func `a certificate that was renewed is shown without a restart`() async throws {
    let files = try CertificateFiles()
    try await TestAPI.with(configure: { $0.tls = files.settings }) { api in
      #expect(try await fetch(api, "/healthz", files, []).status == 0)
      // Half of it: the key is not the certificate's, so that the one before stays.
      let old = try CertificateFiles.copy(of: files)
      try files.renew(onlyCertificate: true)
      for _ in 0..<3 {
        #expect(try await fetch(api, "/healthz", old, []).status == 0)
        try await Task.sleep(for: .milliseconds(500))
      }
      try files.renew()
      var status: Int32 = -1
      for _ in 0..<100 where status != 0 {
        status = try await fetch(api, "/healthz", files, []).status
        if status != 0 { try await Task.sleep(for: .milliseconds(100)) }
      }
      #expect(status == 0)
      #expect(try await fetch(api, "/healthz", old, []).status != 0)
    }
  }

  /// Fetches with a key that only the files' certificate has.
  private func fetch(
    _ api: TestAPI, _ path: String, _ files: CertificateFiles, _ options: [String],
    key: String = "none"
  ) async throws -> Program.Run {
    try await Program.run(
      [
        Self.curl, "--silent", "--show-error", "--insecure", "--max-time", "20",
        "--pinnedpubkey", files.pin, "--write-out", "\n%{http_version} %{http_code}",
        "--header", "Authorization: Bearer \(key)",
      ] + options + ["https://127.0.0.1:\(api.port)\(path)"])
  }
}

/// A certificate and its key in files.
private final class CertificateFiles {
  private let certificate: TemporaryFile
  private let key: TemporaryFile
  private(set) var pin: String

  init() throws {
    let made = try SelfSignedCertificate(commonName: "localhost", days: 1)
    certificate = try TemporaryFile(Array(made.certificate.utf8), name: "certificate.pem")
    key = try TemporaryFile(Array(made.privateKey.utf8), name: "key.pem")
    pin = Self.pin(made)
  }

  private init(copying other: CertificateFiles) {
    (certificate, key, pin) = (other.certificate, other.key, other.pin)
  }

  /// The pin as it is now.
  static func copy(of other: CertificateFiles) throws -> CertificateFiles {
    CertificateFiles(copying: other)
  }

  var settings: APIConfiguration.TLSFiles {
    APIConfiguration.TLSFiles(certificateChain: certificate.path, privateKey: key.path)
  }

  func renew(onlyCertificate: Bool = false) throws {
    let made = try SelfSignedCertificate(commonName: "localhost", days: 1)
    try certificate.replace(Array(made.certificate.utf8))
    if !onlyCertificate { try key.replace(Array(made.privateKey.utf8)) }
    pin = Self.pin(made)
  }

  private static func pin(_ certificate: SelfSignedCertificate) -> String {
    "sha256//" + Base64.encode(certificate.publicKeyHash, .standard)
  }
}
