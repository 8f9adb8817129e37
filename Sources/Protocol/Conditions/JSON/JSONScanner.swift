/// Why a text is not JSON.
public struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes in front of the place where it was noticed.
  public var offset: Int
  /// What is wrong: the end of a sentence that begins with the place.
  public var reason: String

  public var description: String { "byte \(offset): \(reason)" }
}

/// The kind of a JSON value.
enum JSONKind: Hashable, Sendable {
  case null, bool, number, string, array, object
}

/// Passes over JSON (RFC 8259) without keeping any of it; recursion is bounded by `deepest`.
struct JSONScanner {
  /// How deep arrays and objects may be nested.
  static let deepest = 128

  let bytes: [UInt8]
  var offset: Int

  /// Stands in front of the document; a byte order mark is passed over.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
  }

  /// Passes over one value.
  mutating func skipValue(_ depth: Int) throws(JSONProblem) -> JSONKind {
    skipSpace()
    guard let byte = peek else { throw problem("the text ends where a value is expected") }
    switch byte {
    case UInt8(ascii: "{"):
      try beginObject(depth)
      while try nextMember() != nil { _ = try skipValue(depth + 1) }
      return .object
    case UInt8(ascii: "["):
      _ = try skipArray(depth)
      return .array
    case UInt8(ascii: "\""):
      _ = try skipString()
      return .string
    case UInt8(ascii: "t"): return try skipWord("true", .bool)
    case UInt8(ascii: "f"): return try skipWord("false", .bool)
    case UInt8(ascii: "n"): return try skipWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try skipNumber()
      return .number
    default: throw problem("this begins no value")
    }
  }

  /// Passes over an array; gives how many elements it has.
  mutating func skipArray(_ depth: Int) throws(JSONProblem) -> Int {
    try beginArray(depth)
    var count = 0
    while try nextElement(isFirst: count == 0) {
      _ = try skipValue(depth + 1)
      count += 1
    }
    return count
  }

  /// Passes over `{`; members follow one by one.
  mutating func beginObject(_ depth: Int) throws(JSONProblem) {
    try begin(depth)
    isFirstMember = true
  }

  mutating func beginArray(_ depth: Int) throws(JSONProblem) { try begin(depth) }

  private mutating func begin(_ depth: Int) throws(JSONProblem) {
    guard depth < Self.deepest else {
      throw problem("nested deeper than \(Self.deepest) levels")
    }
    offset += 1
  }

  /// Whether an object was begun and no member of it was asked for; it never lasts longer, so that
  /// objects within objects can share it.
  private var isFirstMember = false

  /// Passes over a member's name and colon; gives the name's content, or `nil` behind the last.
  mutating func nextMember() throws(JSONProblem) -> Range<Int>? {
    skipSpace()
    if isFirstMember {
      isFirstMember = false
      if take(UInt8(ascii: "}")) { return nil }
    } else {
      if take(UInt8(ascii: "}")) { return nil }
      guard take(UInt8(ascii: ",")) else {
        throw problem("a comma or a closing brace is expected")
      }
      skipSpace()
    }
    guard peek == UInt8(ascii: "\"") else { throw problem("a member's name is expected") }
    let name = try skipString()
    skipSpace()
    guard take(UInt8(ascii: ":")) else { throw problem("a colon is expected") }
    return name
  }

  /// Passes over what stands in front of an element; false behind the last.
  mutating func nextElement(isFirst: Bool) throws(JSONProblem) -> Bool {
    skipSpace()
    if take(UInt8(ascii: "]")) { return false }
    if isFirst { return true }
    guard take(UInt8(ascii: ",")) else {
      throw problem("a comma or a closing bracket is expected")
    }
    return true
  }

  /// Passes over a string; gives its content without the quotes.
  mutating func skipString() throws(JSONProblem) -> Range<Int> {
    offset += 1
    let start = offset
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return start..<offset - 1
      case UInt8(ascii: "\\"): try skipEscape()
      case 0..<0x20: throw problem("a control character must be escaped")
      default: offset += 1
      }
    }
    throw problem("the text ends within a string")
  }

  private mutating func skipEscape() throws(JSONProblem) {
    offset += 1
    guard let byte = peek else { throw problem("the text ends within an escape") }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 1
    case UInt8(ascii: "u"):
      offset += 1
      for _ in 0..<4 {
        guard let digit = peek, Hexadecimal.value(digit) != nil else {
          throw problem("four hexadecimal digits are expected")
        }
        offset += 1
      }
    default: throw problem("this escape does not exist")
    }
  }

  private mutating func skipNumber() throws(JSONProblem) {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try skipDigits() }
    if take(UInt8(ascii: ".")) { try skipDigits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try skipDigits()
    }
  }

  private mutating func skipDigits() throws(JSONProblem) {
    let start = offset
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { offset += 1 }
    if offset == start { throw problem("a digit is expected") }
  }

  private mutating func skipWord(
    _ word: StaticString, _ kind: JSONKind
  ) throws(JSONProblem) -> JSONKind {
    for index in 0..<word.utf8CodeUnitCount {
      guard peek == word.utf8Start[index] else { throw problem("this begins no value") }
      offset += 1
    }
    return kind
  }

  mutating func skipSpace() {
    while let byte = peek, JSONText.isSpace(byte) { offset += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func problem(_ reason: String) -> JSONProblem { JSONProblem(offset: offset, reason: reason) }
}
