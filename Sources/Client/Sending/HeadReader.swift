/// Gathers the head of an answer, line by line.
struct HeadReader {
  private(set) var headers: [APIAnswer.Header] = []
  /// Whether the head has more bytes than are taken.
  private(set) var isOverfull = false
  private var byteCount = 0

  private static let limit = 256 << 10

  /// Takes one line, its end included.
  mutating func take(_ line: UnsafeRawBufferPointer) {
    // A head before it was a proxy's, or said to go on.
    if line.starts(with: "HTTP/".utf8) { headers = [] }
    byteCount += line.count
    guard byteCount <= Self.limit else {
      isOverfull = true
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
    let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
    var value = line[(colon + 1)...].drop(while: isSpace)
    while let last = value.last, isSpace(last) { value = value.dropLast() }
    headers.append(
      APIAnswer.Header(
        name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
        value: String(decoding: value, as: UTF8.self)))
  }

  /// Whether the line ends the head.
  static func isEnd(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy { $0 == 13 || $0 == 10 }
  }
}
