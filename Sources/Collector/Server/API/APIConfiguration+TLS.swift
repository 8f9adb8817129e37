import NIOSSL

extension APIConfiguration.TLSFiles {
  /// Reads both files, to tell before anything starts whether a server can use them.
  public func check() throws(Problem) { _ = try serverConfiguration() }

  /// What a server with this certificate is made of.
  func serverConfiguration() throws(Problem) -> TLSConfiguration {
    let chain: [NIOSSLCertificate]
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificateChain)
    } catch {
      throw Problem(
        description: "http_tls_certificate = \(certificateChain) can't be read as a certificate "
          + "chain in PEM: give a file that this user can read")
    }
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
    } catch {
      throw Problem(
        description: "http_tls_key = \(privateKey) can't be read as a private key in PEM: "
          + "give a file that this user can read")
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.minimumTLSVersion = .tlsv12
    do {
      _ = try NIOSSLContext(configuration: tls)
    } catch {
      throw Problem(
        description: "http_tls_key = \(privateKey) is not the key of the certificate "
          + "\(certificateChain): give the two that belong together")
    }
    return tls
  }
}
