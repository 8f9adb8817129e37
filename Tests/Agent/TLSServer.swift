import COpenSSL
import Glibc
import Linux
import Synchronization
import Testing

/// A certificate made for a test, with its key.
final class TestCertificate {
  let certificate: OpaquePointer
  let key: OpaquePointer

  /// - Parameters:
  ///   - name: the subject's common name.
  ///   - alternativeName: as OpenSSL's configuration writes it, such as "IP:127.0.0.1".
  ///   - days: from when until when it is valid, counted from now.
  ///   - rsaBits: `nil` for P-256.
  ///   - issuer: `nil` for a certificate that signs itself.
  init(
    name: String, alternativeName: String? = nil, days: ClosedRange<Int> = -1...90,
    rsaBits: Int32? = nil, digest: OpaquePointer? = EVP_sha256(),
    issuer: TestCertificate? = nil, isAuthority: Bool = false
  ) throws {
    let certificate = try #require(X509_new())
    let key = try #require(rsaBits.map(Self.rsaKey) ?? upblit_generate_p256())
    self.certificate = certificate
    self.key = key
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...1_000_000_000))
    X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400 + 60)
    X509_set_pubkey(certificate, key)
    let subject = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(subject, "CN", Self.utf8Text, name, -1, -1, 0)
    X509_set_issuer_name(
      certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer?.certificate ?? certificate, certificate, nil, nil, 0)
    func extend(_ id: Int32, _ value: String) {
      guard let part = X509V3_EXT_conf_nid(nil, &context, id, value) else { return }
      X509_add_ext(certificate, part, -1)
      X509_EXTENSION_free(part)
    }
    extend(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "CA:FALSE")
    if let alternativeName { extend(NID_subject_alt_name, alternativeName) }
    try #require(X509_sign(certificate, issuer?.key ?? key, digest) > 0)
  }

  private static func rsaKey(_ bits: Int32) -> OpaquePointer? {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1,
      EVP_PKEY_keygen(context, &key) == 1
    else { return nil }
    return key
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  /// `MBSTRING_UTF8`.
  private static let utf8Text: Int32 = 0x1000

  /// Its serial number in hexadecimal digits.
  var serial: String {
    var number: [UInt8] = []
    var value = ASN1_INTEGER_get(X509_get_serialNumber(certificate))
    while value > 0 {
      number.insert(UInt8(truncatingIfNeeded: value), at: 0)
      value >>= 8
    }
    return number.map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  /// The certificate and its key in PEM.
  var pem: String { text { PEM_write_bio_X509($0, certificate) } }
  var keyPEM: String { text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }

  private func text(_ write: (OpaquePointer) -> Int32) -> String {
    guard let memory = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(memory) }
    var data: UnsafeMutablePointer<CChar>?
    guard write(memory) == 1 else { return "" }
    let count = upblit_bio_data(memory, &data)
    return data.map {
      String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self)
    } ?? ""
  }

  /// Writes the certificate in PEM to a new file and returns its path.
  func write() throws -> String {
    var path = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    let fd = mkstemp(&path)
    try #require(fd >= 0)
    close(fd)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = try #require(fopen(name, "w"))
    defer { fclose(file) }
    try #require(PEM_write_X509(file, certificate) == 1)
    return name
  }
}

/// A TLS server on 127.0.0.1 that answers one connection after the other with the same text.
final class TLSServer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let thread: DedicatedThread
  private final class Seen: Sendable {
    let value = Mutex<[(name: String, request: String)]>([])
  }

  /// What was asked, each with the name that TLS asked for before it.
  private let seen: Seen

  var requests: [(name: String, request: String)] { seen.value.withLock { $0 } }

  /// The parts that OpenSSL shares between threads by its own locks.
  private struct Context: @unchecked Sendable {
    let raw: OpaquePointer
  }

  init(
    _ certificate: TestCertificate, answering text: String, newestVersion: Int32 = 0,
    wantsClientCertificate: Bool = false, clientsOf authority: TestCertificate? = nil
  ) throws {
    let seen = Seen()
    self.seen = seen
    let context = Context(raw: try #require(SSL_CTX_new(TLS_server_method())))
    try #require(SSL_CTX_use_certificate(context.raw, certificate.certificate) == 1)
    try #require(SSL_CTX_use_PrivateKey(context.raw, certificate.key) == 1)
    if newestVersion != 0 {
      // SSL_CTX_set_max_proto_version and _set_security_level as calls: old versions need level 0.
      SSL_CTX_ctrl(context.raw, 124, Int(newestVersion), nil)
      SSL_CTX_set_security_level(context.raw, 0)
    }
    if wantsClientCertificate {
      SSL_CTX_set_verify(
        context.raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
    if let authority {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context.raw), authority.certificate)
    }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isBound)
    port = UInt16(bigEndian: address.sin_port)
    self.listener = listener
    thread = try DedicatedThread(name: "tls server") {
      signal(SIGPIPE, SIG_IGN)
      while true {
        let fd = accept(listener, nil, nil)
        guard fd >= 0 else { break }
        if let tls = SSL_new(context.raw) {
          SSL_set_fd(tls, fd)
          var bytes = [UInt8](repeating: 0, count: 4_096)
          if SSL_accept(tls) == 1, case let count = SSL_read(tls, &bytes, 4_096), count > 0 {
            let name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name)
            let request = String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
            seen.value.withLock { $0.append((name.map { String(cString: $0) } ?? "", request)) }
            let answer = Array(text.utf8)
            SSL_write(tls, answer, Int32(answer.count))
            SSL_shutdown(tls)
          }
          SSL_free(tls)
        }
        close(fd)
      }
      SSL_CTX_free(context.raw)
    }
  }

  func url(host: String = "127.0.0.1") -> String { "https://\(host):\(port)/" }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    thread.join()
    close(listener)
  }
}
