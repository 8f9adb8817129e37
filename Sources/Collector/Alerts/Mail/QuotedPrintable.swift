/// A part's text in a form that every mail server carries unchanged (RFC 2045 section 6.7).
enum QuotedPrintable {
  private static let digits = Array("0123456789ABCDEF".utf8)
  /// Bytes on a line before the `=` that breaks it.
  private static let lineLength = 75

  /// `text`, whose lines end in LF, with lines that end in CRLF and have 76 bytes at most.
  static func encode(_ text: String) -> [UInt8] {
    var output: [UInt8] = []
    for (index, line) in text.utf8.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).enumerated() {
      if index > 0 { output += [0x0d, 0x0a] }
      append(Array(line), to: &output)
    }
    return output
  }

  private static func append(_ line: [UInt8], to output: inout [UInt8]) {
    var used = 0
    for (index, byte) in line.enumerated() {
      let isLast = index == line.count - 1
      let isPlain =
        (0x21..<0x7f ~= byte && byte != UInt8(ascii: "=")) || (byte == 0x20 && !isLast)
      let written =
        isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      if used + written.count > lineLength {
        output += [UInt8(ascii: "="), 0x0d, 0x0a]
        used = 0
      }
      output += written
      used += written.count
    }
  }
}
