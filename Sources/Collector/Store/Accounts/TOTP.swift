public import OpenSSL

/// One-time codes from a shared secret and the time (RFC 6238): HMAC-SHA-1, 30 seconds, six digits,
/// which is what every authenticator program takes.
public struct TOTP: Hashable, Sendable, MaskedSecret {
  public static let stepSeconds: Int64 = 30
  /// How many steps a clock may be off, either way (RFC 6238 section 5.2).
  public static let window: Int64 = 1
  /// As long as a tag of HMAC-SHA-1 (RFC 4226 section 4, R6).
  static let secretCount = 20

  let secret: [UInt8]

  init(secret: [UInt8]) {
    self.secret = secret
  }

  /// Draws a new secret.
  public static func random() throws(OpenSSLError) -> TOTP {
    TOTP(secret: try randomBytes(secretCount))
  }

  /// The secret as it is typed by hand: base 32.
  public var text: String { Base32.encode(secret) }

  /// The address behind the picture that authenticator programs read: `otpauth://totp/...` (the "Key
  /// URI Format" of Google Authenticator's wiki). `issuer` is the installation's name.
  public func uri(issuer: String, account: String) -> String {
    let label = Self.escape(issuer) + ":" + Self.escape(account)
    return "otpauth://totp/\(label)?secret=\(text)&issuer=\(Self.escape(issuer))"
      + "&algorithm=SHA1&digits=6&period=30"
  }

  /// The step of a moment in seconds since 1970; negative moments have none, and count as the first.
  public static func step(atSeconds seconds: Int64) -> Int64 { max(0, seconds) / stepSeconds }

  /// The code of a step (RFC 4226 section 5.3), with leading zeros.
  public func code(atStep step: Int64) throws(OpenSSLError) -> String {
    let counter = stride(from: 56, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: step >> Int64($0))
    }
    let tag = try HMACSHA1.tag(key: secret, counter)
    let offset = Int(tag[19] & 15)
    var value = UInt32(tag[offset] & 0x7f)
    for byte in tag[offset + 1...offset + 3] { value = value << 8 | UInt32(byte) }
    let digits = String(value % 1_000_000)
    return String(repeating: "0", count: 6 - digits.utf8.count) + digits
  }

  /// The step whose code `text` is, near the step `now` and after the step `last`, whose code was
  /// accepted before: no code is accepted twice (RFC 6238 section 5.2). `nil` where it is none.
  public func accept(
    _ text: String, now: Int64, last: Int64?
  ) throws(OpenSSLError) -> Int64? {
    let typed = Array(text.utf8.filter { $0 != 0x20 })
    guard typed.count == 6 else { return nil }
    var accepted: Int64?
    for step in (now - Self.window)...(now + Self.window) where step >= 0 && step > last ?? -1 {
      // All are compared, so that the time does not tell which one it was.
      if equalInConstantTime(typed, Array(try code(atStep: step).utf8)) {
        accepted = accepted ?? step
      }
    }
    return accepted
  }

  /// Percent-encodes all but unreserved letters (RFC 3986 section 2.3).
  private static func escape(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
