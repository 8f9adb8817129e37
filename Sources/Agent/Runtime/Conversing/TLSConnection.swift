import CLinux
import COpenSSL
import Dialogue
import Glibc

/// TLS over bytes that someone else carries: what came is fed, what is to go is taken.
///
/// It belongs to the loop's thread, and must stay where it is: OpenSSL's callbacks find it by address.
final class TLSConnection {
  enum Progress {
    case going
    case established
    case failed(HandshakeTrouble)
  }

  enum Reading {
    case bytes([UInt8])
    /// Nothing there now.
    case nothing
    /// The peer has said that it closes.
    case closed
    case failed(HandshakeTrouble)
  }

  private static let mostErrors = 16

  private let tls: OpaquePointer
  /// What came; the connection owns it.
  private let input: OpaquePointer
  /// What is to go; the connection owns it.
  private let output: OpaquePointer
  private let context: TLSContext
  private let plan: TLSPlan
  private var errors: [Int] = []
  private(set) var wantsClientCertificate = false
  private var firstByte: UInt8?

  init(_ plan: TLSPlan, _ context: TLSContext) throws(HandshakeTrouble) {
    self.plan = plan
    self.context = context
    guard let tls = SSL_new(context.raw) else { throw .own(OpenSSLQueue.words()) }
    guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
      SSL_free(tls)
      throw .own(OpenSSLQueue.words())
    }
    self.tls = tls
    self.input = input
    self.output = output
    SSL_set_bio(tls, input, output)
    SSL_set_connect_state(tls)
    SSL_set_ex_data(tls, 0, Unmanaged.passUnretained(self).toOpaque())
    upblit_tls_ask_for_status(tls)
    try setNames()
    var offered: [UInt8] = []
    for name in plan.protocols where (1...255).contains(name.utf8.count) {
      offered += [UInt8(name.utf8.count)] + Array(name.utf8)
    }
    // Unlike its neighbours this one returns 0 when all is well.
    if !offered.isEmpty, SSL_set_alpn_protos(tls, offered, UInt32(clamping: offered.count)) != 0 {
      throw .own(OpenSSLQueue.words())
    }
  }

  deinit {
    SSL_free(tls)
    ERR_clear_error()
  }

  private func setNames() throws(HandshakeTrouble) {
    if let name = plan.serverName.map(Self.withoutDot), !name.isEmpty, !Self.isAddress(name) {
      guard !name.utf8.contains(0), upblit_tls_set_server_name(tls, name) == 1 else {
        throw .own("the server's name can't be sent")
      }
    }
    guard let parameters = SSL_get0_param(tls) else { throw .own(OpenSSLQueue.words()) }
    X509_VERIFY_PARAM_set_hostflags(
      parameters,
      UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    guard let name = plan.verifyName.map(Self.withoutDot), !name.isEmpty else { return }
    let isSet =
      Self.isAddress(name)
      ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name)
      : X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count)
    guard isSet == 1 else { throw .own("the name to be verified is none") }
  }

  private static func withoutDot(_ name: String) -> String {
    name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  private static func isAddress(_ name: String) -> Bool {
    var bytes = in6_addr()
    return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1
  }

  // MARK: What OpenSSL's callbacks tell

  static func of(_ store: OpaquePointer) -> TLSConnection? {
    of(
      tls: X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()).map {
        OpaquePointer($0)
      })
  }

  static func of(tls: OpaquePointer?) -> TLSConnection? {
    tls.flatMap { SSL_get_ex_data($0, 0) }.map {
      Unmanaged<TLSConnection>.fromOpaque($0).takeUnretainedValue()
    }
  }

  func noteError(_ code: Int) {
    if errors.count < Self.mostErrors { errors.append(code) }
  }

  func noteCertificateRequest() { wantsClientCertificate = true }

  // MARK: Bytes

  /// Takes what came from the peer.
  func feed(_ bytes: UnsafeRawBufferPointer) {
    if firstByte == nil { firstByte = bytes.first }
    _ = BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
  }

  /// Goes on with the handshake.
  func handshake() -> Progress {
    ERR_clear_error()
    let result = SSL_do_handshake(tls)
    guard result != 1 else { return .established }
    let error = SSL_get_error(tls, result)
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
      ? .going : .failed(trouble())
  }

  /// The next of what the peer said.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
    ERR_clear_error()
    let count = SSL_read(tls, buffer.baseAddress, Int32(clamping: buffer.count))
    if count > 0 { return .bytes(Array(buffer[..<Int(count)])) }
    switch SSL_get_error(tls, count) {
    case SSL_ERROR_ZERO_RETURN: return .closed
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .nothing
    default: return .failed(trouble())
    }
  }

  /// Says something, once the handshake is over.
  func write(_ bytes: [UInt8]) -> HandshakeTrouble? {
    guard !bytes.isEmpty else { return nil }
    ERR_clear_error()
    return SSL_write(tls, bytes, Int32(clamping: bytes.count)) > 0 ? nil : trouble()
  }

  /// Says that no more comes.
  func close() {
    ERR_clear_error()
    _ = SSL_shutdown(tls)
    ERR_clear_error()
  }

  /// What is to go to the peer now.
  func takeOutput() -> [UInt8] {
    let count = BIO_ctrl_pending(output)
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(0, Int(BIO_read(output, buffer.baseAddress, Int32(clamping: count))))
    }
  }

  // MARK: What is known

  /// Whatever is wrong with chain, name or status, as far as the plan minds; `nil` where nothing is.
  func judge(_ facts: TLSFacts) -> HandshakeTrouble? {
    guard plan.verifies else { return nil }
    if facts.verifyCode != 0 {
      return .certificate(code: facts.verifyCode, words(facts))
    }
    switch facts.status {
    case .good: return nil
    case .absent: return plan.wantsStatus ? .status(.absent) : nil
    case .revoked: return .status(.revoked)
    case .unknown, .invalid: return plan.wantsStatus ? .status(facts.status) : nil
    }
  }

  func facts() -> TLSFacts {
    var facts = TLSFacts()
    if let cipher = SSL_get_current_cipher(tls) {
      facts.version = SSL_get_version(tls).map { String(cString: $0) } ?? ""
      facts.cipher = SSL_CIPHER_get_name(cipher).map { String(cString: $0) } ?? ""
    }
    var chosen: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(tls, &chosen, &count)
    if let chosen, count > 0 {
      facts.chosenProtocol = VisibleText.excerpt(
        Array(UnsafeBufferPointer(start: chosen, count: Int(count))), limit: 255)
    }
    facts.chain = CertificateFacts.all(in: SSL_get_peer_cert_chain(tls))
    // A name comes last, so that all kinds of checks say the same of a chain.
    facts.verifyCode = errors.first { ![62, 63, 64].contains($0) } ?? errors.first ?? 0
    facts.isVerified = errors.isEmpty && !facts.chain.isEmpty
    facts.status = StapledStatus.of(tls)
    facts.wantsClientCertificate = wantsClientCertificate
    return facts
  }

  private func words(_ facts: TLSFacts) -> String {
    if [62, 64].contains(facts.verifyCode) {
      guard let names = facts.chain.first?.names, !names.isEmpty else {
        return "it names no host, or only in its subject's common name, which does not count"
      }
      return names.joined(separator: ", ")
    }
    var text =
      X509_verify_cert_error_string(facts.verifyCode).map { String(cString: $0) }
      ?? "error \(facts.verifyCode)"
    if facts.verifyCode == Int(X509_V_ERR_CERT_HAS_EXPIRED), let expiry = facts.earliestExpiry {
      text += ", \(max(0, Int64(time(nil)) - expiry) / 86_400) days ago"
    }
    return text
  }

  // MARK: Trouble

  /// Sorts the oldest of OpenSSL's errors (`ssl.h`, `sslerr.h`).
  private func trouble() -> HandshakeTrouble {
    let code = ERR_get_error()
    ERR_clear_error()
    // A record begins with its type, from change_cipher_spec to application_data.
    if let firstByte, !(0x14...0x17).contains(firstByte) { return .notTLS }
    guard code != 0 else { return .other("no reason given") }
    guard upblit_error_is_of_tls(code) != 0 else { return .other(OpenSSLQueue.words(code)) }
    let reason = upblit_error_reason(code)
    if let number = UInt8(exactly: reason - SSL_AD_REASON_OFFSET) {
      // Without a certificate, servers of old versions say no more than that it does not work.
      return number == 40 && wantsClientCertificate && !context.hasIdentity
        ? .alert(116) : .alert(number)
    }
    switch reason {
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
      SSL_R_UNKNOWN_PROTOCOL:
      return .notTLS
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
      SSL_R_WRONG_SSL_VERSION, SSL_R_NO_PROTOCOLS_AVAILABLE:
      return .version
    case SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_NO_SHARED_CIPHER, SSL_R_WRONG_CIPHER_RETURNED,
      SSL_R_UNKNOWN_CIPHER_RETURNED:
      return .cipher
    case SSL_R_DH_KEY_TOO_SMALL, SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL,
      SSL_R_CA_MD_TOO_WEAK:
      return .weak(OpenSSLQueue.words(code))
    default: return .other(OpenSSLQueue.words(code))
    }
  }
}
