/// Base64 (RFC 4648) in the two forms that the protocol's texts use.
public enum Base64 {
  /// Section 4's alphabet with padding, or section 5's without.
  public enum Form: Sendable {
    case standard
    case urlWithoutPadding

    fileprivate var alphabet: [UInt8] {
      let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
      switch self {
      case .standard: return Array((letters + "+/").utf8)
      case .urlWithoutPadding: return Array((letters + "-_").utf8)
      }
    }
  }

  /// The bytes as text of a form.
  public static func encode(_ bytes: [UInt8], _ form: Form) -> String {
    let alphabet = form.alphabet
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(alphabet[Int(bits >> bitCount & 63)])
      }
    }
    if bitCount > 0 { text.append(alphabet[Int(bits << (6 - bitCount) & 63)]) }
    if form == .standard {
      while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `nil` for anything but the one canonical text of some bytes.
  public static func decode(_ text: String, _ form: Form) -> [UInt8]? {
    let alphabet = form.alphabet
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    var letters = Array(text.utf8)
    if form == .standard {
      while letters.last == UInt8(ascii: "=") { letters.removeLast() }
    }
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for letter in letters {
      guard let value = values[Int(letter)] else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      }
    }
    guard encode(bytes, form) == text else { return nil }
    return bytes
  }
}
