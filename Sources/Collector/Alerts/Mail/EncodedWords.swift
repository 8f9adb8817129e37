/// Header values that hold any text (RFC 2047).
enum EncodedWords {
  /// Bytes of text in one word: 48 letters of base64, so that a line has 76 characters at most even
  /// behind a header's name.
  private static let bytesInWord = 36

  /// `text` for an unstructured header: as it is if it is printable ASCII that needs no folding,
  /// otherwise as encoded words, folded, each of which holds whole characters of the alphabet.
  static func unstructured(_ text: String) -> String {
    let isPlain =
      text.utf8.allSatisfy { 0x20..<0x7f ~= $0 } && text.utf8.count <= 60 && !text.contains("=?")
    return isPlain ? text : encoded(text)
  }

  /// `text` as the name in front of an address.
  static func phrase(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      let letter = Character(Unicode.Scalar($0))
      return letter.isASCII && (letter.isLetter || letter.isNumber || letter == " ")
    }
    return isPlain && text.utf8.count <= 60 ? text : encoded(text)
  }

  private static func encoded(_ text: String) -> String {
    var words: [String] = []
    var bytes: [UInt8] = []
    func close() {
      guard !bytes.isEmpty else { return }
      words.append("=?utf-8?B?\(Base64.text(bytes))?=")
      bytes = []
    }
    for scalar in text.unicodeScalars {
      let more = Array(String(Character(scalar)).utf8)
      if bytes.count + more.count > bytesInWord { close() }
      bytes += more
    }
    close()
    return words.joined(separator: "\r\n ")
  }
}
