import Model
import OpenSSL

/// A code that stands in for a one-time code, once: sixteen letters of base 32 (80 bits), in groups of
/// four. Capitals, spaces and hyphens don't count when it is typed.
public struct RecoveryCode: Hashable, Sendable, MaskedSecret {
  /// How many a person gets.
  public static let count = 10

  /// `abcd-efgh-2345-6723`.
  public let text: String

  static func random() throws(OpenSSLError) -> RecoveryCode {
    let letters = Array(Base32.encode(try randomBytes(10)).utf8)
    let groups = stride(from: 0, to: letters.count, by: 4).map {
      String(decoding: letters[$0..<min($0 + 4, letters.count)], as: UTF8.self).lowercased()
    }
    return RecoveryCode(text: groups.joined(separator: "-"))
  }

  private init(text: String) {
    self.text = text
  }

  /// What is kept of a code that was typed or made, bound to the person. Of what could be no code it is
  /// a digest that no code has.
  static func hash(_ text: String, of person: PersonID) throws(OpenSSLError) -> [UInt8] {
    let letters = text.lowercased().utf8.filter { $0 != 0x20 && $0 != UInt8(ascii: "-") }
    return try SHA256.digest(Array("recovery code".utf8) + person.bytes + letters)
  }
}
