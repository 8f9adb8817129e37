/// The letters of secrets: digits, capitals, small letters.
enum Base62 {
  static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
  static let randomCount = 30
  static let checkCount = 6

  /// `count` letters from the system's generator.
  static func random(_ count: Int) -> String {
    String(decoding: (0..<count).map { _ in alphabet[Int.random(in: 0..<62)] }, as: UTF8.self)
  }

  /// The CRC-32 of `text` as six letters.
  static func check(_ text: String) -> String {
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
