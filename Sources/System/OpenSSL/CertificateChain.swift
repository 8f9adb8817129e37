import COpenSSL

/// The certificates that a TLS peer showed, the leaf first, as it sent them.
///
/// It shares OpenSSL's own certificates, so that keeping one costs nothing until it is read. Not
/// `Sendable`: it belongs to one thread.
public final class CertificateChain {
  /// More certificates than this are not looked at.
  public static let mostCertificates = 16

  private let raw: OpaquePointer

  /// Shares a `STACK_OF(X509)`; `nil` for one that is empty or can't be shared.
  public init?(sharing stack: OpaquePointer?) {
    guard let stack, upblit_chain_count(stack) > 0, let raw = X509_chain_up_ref(stack) else {
      return nil
    }
    self.raw = raw
  }

  deinit {
    upblit_chain_free(raw)
  }

  /// What the certificates say, at most ``mostCertificates`` of them.
  public var certificates: [CertificateFacts] {
    let count = min(Int(upblit_chain_count(raw)), Self.mostCertificates)
    return (0..<max(0, count)).compactMap { index in
      upblit_chain_at(raw, Int32(index)).map { CertificateFacts($0) }
    }
  }
}

/// What is read from one certificate (RFC 5280). A peer chose every byte of the texts.
public struct CertificateFacts: Hashable, Sendable {
  /// The distinguished names, such as `CN=example.org,O=Example` (RFC 2253).
  public let subject: String
  public let issuer: String
  /// The subject's alternative names: hosts, addresses, URLs and mail addresses.
  public let names: [String]
  /// In lower-case hexadecimal digits.
  public let serial: String
  /// Seconds from now until it begins and ceases to be valid; negative for what has been.
  public let secondsUntilValid: Int64?
  public let secondsLeft: Int64?
  /// The same as dates in UTC, such as `2026-03-01T12:00:00Z`; empty for what is no date.
  public let validFrom: String
  public let validUntil: String
  /// SHA-256 of its DER.
  public let digest: [UInt8]

  /// More names than this are not read.
  static let mostNames = 128

  /// Reads an `X509`.
  init(_ certificate: OpaquePointer) {
    subject = Self.text(of: X509_get_subject_name(certificate))
    issuer = Self.text(of: X509_get_issuer_name(certificate))
    names = Self.names(of: certificate)
    serial = Self.serial(of: certificate)
    secondsUntilValid = Self.seconds(until: X509_get0_notBefore(certificate))
    secondsLeft = Self.seconds(until: X509_get0_notAfter(certificate))
    validFrom = Self.date(X509_get0_notBefore(certificate))
    validUntil = Self.date(X509_get0_notAfter(certificate))
    var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
    var count: UInt32 = 0
    let isDigested = X509_digest(certificate, EVP_sha256(), &digest, &count) == 1
    self.digest = isDigested ? digest : []
  }

  private static func text(of name: OpaquePointer?) -> String {
    guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(memory) }
    guard X509_NAME_print_ex(memory, name, 0, upblit_name_flags()) >= 0 else { return "" }
    var data: UnsafeMutablePointer<CChar>?
    let count = upblit_bio_data(memory, &data)
    guard count > 0, let data else { return "" }
    return String(
      decoding: UnsafeRawBufferPointer(start: data, count: min(count, 1_024)), as: UTF8.self)
  }

  private static func serial(of certificate: OpaquePointer) -> String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else {
      return ""
    }
    defer { BN_free(number) }
    guard let text = BN_bn2hex(number) else { return "" }
    defer { CRYPTO_free(text, #file, #line) }
    return String(cString: text).lowercased()
  }

  private static func names(of certificate: OpaquePointer) -> [String] {
    guard
      let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil)
    else { return [] }
    let list = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(list) }
    return (0..<max(0, min(Int(upblit_names_count(list)), mostNames))).compactMap { index in
      guard let name = upblit_names_at(list, Int32(index)) else { return nil }
      switch name.pointee.type {
      case GEN_DNS, GEN_URI, GEN_EMAIL:
        guard let text = name.pointee.d.ia5 else { return nil }
        return String(decoding: bytes(of: text), as: UTF8.self)
      case GEN_IPADD:
        guard let address = name.pointee.d.iPAddress else { return nil }
        return addressText(bytes(of: address))
      default: return nil
      }
    }
  }

  private static func bytes(
    of text: UnsafeMutablePointer<ASN1_STRING>
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: ASN1_STRING_get0_data(text), count: min(Int(max(0, ASN1_STRING_length(text))), 1_024))
  }

  /// As RFC 5952 has it, but for the longest run of zeros, which is not sought.
  private static func addressText(_ bytes: UnsafeRawBufferPointer) -> String? {
    switch bytes.count {
    case 4: return bytes.map { String($0) }.joined(separator: ".")
    case 16:
      return stride(from: 0, to: 16, by: 2).map { index in
        String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
      }.joined(separator: ":")
    default: return nil
    }
  }

  private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return "" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(Int(parts.tm_year) + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }

  private static func seconds(until time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard let time, ASN1_TIME_diff(&days, &seconds, nil, time) == 1 else { return nil }
    return Int64(days) * 86_400 + Int64(seconds)
  }
}
