import OpenSSL

/// The secret of an API key: `upb_key_`, 30 characters of base 62 (178 bits from the system's
/// generator) and the CRC-32 of all before as 6 characters of base 62, so that a mistyped key is
/// told from a revoked one without asking the store and scanners find leaked ones.
///
/// Shown once, when it is made; the store keeps its SHA-256, which suffices for a secret that can't
/// be guessed.
public struct APIKeySecret: Hashable, Sendable {
  public static let prefix = "upb_key_"
  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
  private static let randomCount = 30
  private static let checkCount = 6

  /// The secret's whole text.
  public let text: String

  /// Makes a new one.
  public static func random() -> APIKeySecret {
    var text = prefix
    for _ in 0..<randomCount {
      text.unicodeScalars.append(Unicode.Scalar(alphabet[Int.random(in: 0..<62)]))
    }
    return APIKeySecret(verified: text + check(text))
  }

  /// `nil` for what is not the text of a key, by its form and its check.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.prefix.utf8.count + Self.randomCount + Self.checkCount,
      bytes.starts(with: Self.prefix.utf8),
      bytes.dropFirst(Self.prefix.utf8.count).allSatisfy({ Self.alphabet.contains($0) })
    else { return nil }
    let body = String(decoding: bytes.dropLast(Self.checkCount), as: UTF8.self)
    guard text.utf8.elementsEqual((body + Self.check(body)).utf8) else { return nil }
    self.init(verified: text)
  }

  private init(verified text: String) {
    self.text = text
  }

  /// What the store keeps: SHA-256 of the text.
  public var hash: [UInt8] {
    get throws(OpenSSLError) { try SHA256.digest(Array(text.utf8)) }
  }

  private static func check(_ text: String) -> String {
    var value = crc32(text.utf8)
    var digits: [UInt8] = []
    for _ in 0..<checkCount {
      digits.append(alphabet[Int(value % 62)])
      value /= 62
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }

  /// CRC-32 with the polynomial of IEEE 802.3, reflected.
  private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { register, byte in
      (0..<8).reduce(register ^ UInt32(byte)) { value, _ in
        value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0)
      }
    }
  }
}
