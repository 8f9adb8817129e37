import Model
import OpenSSL

/// How the secret of one-time codes is kept: sealed, and bound to the person, so that one that was
/// moved to another person's row does not open.
enum SealedTOTP {
  static func seal(
    _ totp: TOTP, person: PersonID, _ key: SealingKey
  ) throws(OpenSSLError) -> [UInt8] {
    try key.seal(totp.secret, context: context(person))
  }

  static func open(
    _ sealed: [UInt8], person: PersonID, _ key: SealingKey
  ) throws(OpenSSLError) -> TOTP {
    TOTP(secret: try key.open(sealed, context: context(person)))
  }

  private static func context(_ person: PersonID) -> [UInt8] {
    Array("totp secret".utf8) + person.bytes
  }
}
