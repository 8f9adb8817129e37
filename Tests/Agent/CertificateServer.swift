import Glibc
import Linux
import Testing

/// `openssl s_server` on a port of 127.0.0.1, which answers each request with a page about its connection.
final class CertificateServer {
  static let openssl = HelperProgram.path(of: "openssl")

  let port: UInt16
  private let scratch: ScratchFolder
  private let program: HelperProgram

  /// What the responder of an authority says of a certificate (`openssl ocsp`).
  struct Staple {
    var isRevoked = false
    var issuer: TestCertificate
    /// Who signs it.
    var signer: TestCertificate
  }

  /// - Parameters:
  ///   - issuers: sent behind the leaf.
  ///   - options: further ones of s_server.
  init(
    _ leaf: TestCertificate, issuers: [TestCertificate] = [], staple: Staple? = nil,
    options: [String] = []
  ) throws {
    let scratch = try ScratchFolder()
    self.scratch = scratch
    func write(_ name: String, _ text: String) throws -> String {
      try Files.overwrite("\(scratch.path)/\(name)", with: Array(text.utf8))
      return "\(scratch.path)/\(name)"
    }
    let openssl = Self.openssl ?? "openssl"
    // What it says of clients that turn away is not the tests' to tell.
    var words = [
      "/bin/sh", "-c", "exec \"$@\" 2>/dev/null", "sh", openssl, "s_server",
      "-accept", "127.0.0.1:0", "-www", "-no_dhe",
      "-cert", try write("leaf.pem", leaf.pem), "-key", try write("leaf.key", leaf.keyPEM),
      // The server's own level is low, so that it shows what is old or weak.
      "-cipher", "DEFAULT@SECLEVEL=0",
    ]
    if !issuers.isEmpty {
      words += ["-cert_chain", try write("issuers.pem", issuers.map(\.pem).joined())]
    }
    if let staple {
      let answer = "\(scratch.path)/staple.der"
      let state =
        staple.isRevoked ? "R\t491231235959Z\t250101000000Z" : "V\t491231235959Z\t"
      let responder = try HelperProgram(
        [
          "/bin/sh", "-c", "\"$@\" >/dev/null 2>&1 && echo done", "sh", openssl, "ocsp",
          "-index", try write("index", "\(state)\t\(leaf.serial)\tunknown\t/CN=x\n"),
          "-CA", try write("ca.pem", staple.issuer.pem), "-issuer", "\(scratch.path)/ca.pem",
          "-rsigner", try write("signer.pem", staple.signer.pem),
          "-rkey", try write("signer.key", staple.signer.keyPEM),
          "-cert", "\(scratch.path)/leaf.pem", "-respout", answer, "-ndays", "1",
        ])
      try #require(responder.words == ["done"])
      words += ["-status_file", answer]
    }
    program = try HelperProgram(words + options)
    // ACCEPT 127.0.0.1:12345
    let number = program.words.last?.split(separator: ":").last.flatMap { UInt16($0) }
    port = try #require(number, "\(program.words)")
  }
}
