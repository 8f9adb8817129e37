import COpenSSL
import Dialogue
import Glibc

extension CertificateFacts {
  private static let mostCertificates: Int32 = 10
  private static let mostNames: Int32 = 100
  private static let longestName = 512

  /// Of a chain as the peer sent it.
  static func all(in chain: OpaquePointer?) -> [CertificateFacts] {
    (0..<min(mostCertificates, upblit_count_of_certificates(chain))).compactMap {
      upblit_certificate_at(chain, $0).map { CertificateFacts($0) }
    }
  }

  init(_ certificate: OpaquePointer) {
    self.init()
    subject = Self.text(of: X509_get_subject_name(certificate))
    issuer = Self.text(of: X509_get_issuer_name(certificate))
    names = Self.names(of: certificate)
    notBefore = Self.seconds(X509_get0_notBefore(certificate))
    notAfter = Self.seconds(X509_get0_notAfter(certificate))
    if let number = X509_get0_serialNumber(certificate) {
      serial = Self.hexadecimal(Self.bytes(of: UnsafeRawPointer(number)))
    }
    var digest = [UInt8](repeating: 0, count: 32)
    if X509_digest(certificate, EVP_sha256(), &digest, nil) == 1 {
      fingerprint = Self.hexadecimal(digest)
    }
    if let key = X509_get0_pubkey(certificate) {
      keyBits = Int(EVP_PKEY_get_bits(key))
      keyType = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? ""
    }
    signatureAlgorithm =
      OBJ_nid2ln(X509_get_signature_nid(certificate)).map { String(cString: $0) } ?? ""
    // What can't be read is left on OpenSSL's queue.
    ERR_clear_error()
  }

  private static func text(of name: OpaquePointer?) -> String {
    guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(bio) }
    guard upblit_print_name(bio, name) >= 0 else { return "" }
    var start: UnsafeMutablePointer<CChar>?
    let count = upblit_bio_data(bio, &start)
    guard count > 0, let start else { return "" }
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    return VisibleText.excerpt(Array(bytes.prefix(longestName + 8)), limit: longestName)
  }

  private static func names(of certificate: OpaquePointer) -> [String] {
    guard let extensionData = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
      return []
    }
    let names = OpaquePointer(extensionData)
    defer { GENERAL_NAMES_free(names) }
    return (0..<min(mostNames, upblit_count_of_names(names))).compactMap { index in
      var type: Int32 = 0
      guard let name = upblit_name_at(names, index),
        let value = GENERAL_NAME_get0_value(name, &type)
      else { return nil }
      let bytes = Self.bytes(of: UnsafeRawPointer(value), isName: type)
      switch type {
      case GEN_DNS: return VisibleText.excerpt(bytes, limit: 253)
      case GEN_IPADD: return bytes.withUnsafeBytes { address($0) }
      default: return nil
      }
    }
  }

  private static func address(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard
      inet_ntop(
        bytes.count == 4 ? AF_INET : AF_INET6, bytes.baseAddress, &text, socklen_t(text.count))
        != nil
    else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The bytes of a string of ASN.1.
  private static func bytes(of string: UnsafeRawPointer, isName type: Int32) -> [UInt8] {
    type == GEN_DNS || type == GEN_IPADD ? bytes(of: string) : []
  }

  private static func bytes(of string: UnsafeRawPointer) -> [UInt8] {
    let string = string.assumingMemoryBound(to: ASN1_STRING.self)
    guard let start = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(max(0, ASN1_STRING_length(string)))))
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return Int64(timegm(&parts))
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
