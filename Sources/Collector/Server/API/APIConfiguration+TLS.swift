import Glibc
import NIOSSL
import OpenSSL

extension APIConfiguration.TLSFiles {
  /// More than any chain takes.
  private static let mostBytes = 1 << 20

  /// Reads both files, to tell before anything starts whether a server can use them.
  public func check() throws(Problem) { _ = try serverConfiguration() }

  /// What a server with this certificate is made of.
  func serverConfiguration() throws(Problem) -> TLSConfiguration {
    let unreadableChain = Problem(
      description: "http_tls_certificate = \(certificateChain) can't be read as a certificate "
        + "chain in PEM: give a file that this user can read")
    let unreadableKey = Problem(
      description: "http_tls_key = \(privateKey) can't be read as a private key in PEM: "
        + "give a file that this user can read")
    guard let chainText = Self.contents(of: certificateChain),
      let chain = try? NIOSSLCertificate.fromPEMBytes(chainText), !chain.isEmpty
    else { throw unreadableChain }
    guard let keyText = Self.contents(of: privateKey),
      let key = try? NIOSSLPrivateKey(bytes: keyText, format: .pem)
    else { throw unreadableKey }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.minimumTLSVersion = .tlsv12
    // The TLS library itself finds a key of another certificate no earlier than in a handshake.
    let problem = CertificateText.problem(
      certificate: String(decoding: chainText, as: UTF8.self),
      key: String(decoding: keyText, as: UTF8.self))
    guard problem == nil, (try? NIOSSLContext(configuration: tls)) != nil else {
      throw Problem(
        description: "http_tls_key = \(privateKey) is not the key of the certificate "
          + "\(certificateChain): give the two that belong together")
    }
    return tls
  }

  /// A file's bytes; `nil` where it can't be read or is too large to be what it should.
  static func contents(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while bytes.count <= mostBytes {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
    return nil
  }
}
