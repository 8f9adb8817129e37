/// Why a text is not the JSON that is taken here.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes before the place where it was noticed.
  public var offset: Int
  /// The JSON Pointer (RFC 6901) of the value that was being read; empty at the top.
  public var pointer: String
  /// What is wrong, as the end of a sentence that begins with the place.
  public var reason: String

  /// The reason where a name occurs twice in one object.
  public static let duplicate = "the field occurs twice"

  public var description: String {
    pointer.isEmpty
      ? "byte \(offset): \(reason)" : "byte \(offset), at \(pointer): \(reason)"
  }
}

extension JSONValue {
  /// Reads one JSON text of at most `depth` nested arrays and objects, and nothing after it.
  ///
  /// Memory is bounded by a small multiple of the text's size.
  public init(
    parsing bytes: some Sequence<UInt8>, depth: Int = 32
  ) throws(JSONError) {
    var parser = JSONParser(bytes: Array(bytes), depth: depth)
    self = try parser.parseDocument()
  }

  /// Reads one JSON text; see `init(parsing:depth:)`.
  public init(parsing text: String, depth: Int = 32) throws(JSONError) {
    try self.init(parsing: text.utf8, depth: depth)
  }
}

/// A recursive-descent parser over bytes; recursion is bounded by `depth`.
struct JSONParser {
  private let bytes: [UInt8]
  private let depth: Int
  private var offset = 0
  private var path: [String] = []

  init(bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    self.depth = depth
  }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    let value = try parseValue()
    skipSpace()
    if offset < bytes.count { throw error("there is more after the value") }
    return value
  }

  private mutating func parseValue() throws(JSONError) -> JSONValue {
    skipSpace()
    guard let byte = peek else { throw error("the text ends where a value is expected") }
    switch byte {
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw error("this begins no value")
    }
  }

  private mutating func parseObject() throws(JSONError) -> JSONValue {
    try descend("")
    offset += 1
    var object = JSONObject()
    var names: Set<String> = []
    skipSpace()
    if take("}") {
      path.removeLast()
      return .object(object)
    }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
      let name = try parseString()
      path[path.count - 1] = name
      guard names.insert(name).inserted else { throw error(JSONError.duplicate) }
      skipSpace()
      guard take(":") else { throw error("a colon is expected") }
      object.append(name, try parseValue())
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw error("a comma or a closing brace is expected") }
      path.removeLast()
      return .object(object)
    }
  }

  private mutating func parseArray() throws(JSONError) -> JSONValue {
    try descend("0")
    offset += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") {
      path.removeLast()
      return .array(elements)
    }
    while true {
      path[path.count - 1] = String(elements.count)
      elements.append(try parseValue())
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw error("a comma or a closing bracket is expected") }
      path.removeLast()
      return .array(elements)
    }
  }

  private mutating func parseString() throws(JSONError) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = peek {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("the string is not valid UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try parseEscape(into: &text)
      case 0..<0x20: throw error("a control character must be escaped")
      default: text.append(byte)
      }
    }
    throw error("the text ends within a string")
  }

  private mutating func parseEscape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = peek else { throw error("the text ends within an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): try parseUnicodeEscape(into: &text)
    default: throw error("this escape does not exist")
    }
  }

  /// Reads the four digits after `\u`, and a second escape where they begin a surrogate pair.
  private mutating func parseUnicodeEscape(into text: inout [UInt8]) throws(JSONError) {
    var code = UInt32(try parseFourDigits())
    if 0xd800..<0xdc00 ~= code {
      guard take("\\"), take("u") else { throw error("half of a surrogate pair is missing") }
      let low = UInt32(try parseFourDigits())
      guard 0xdc00..<0xe000 ~= low else { throw error("half of a surrogate pair is missing") }
      code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw error("half of a surrogate pair is missing")
    }
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  private mutating func parseFourDigits() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hexadecimal digits are expected")
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }

  private mutating func parseNumber() throws(JSONError) -> JSONValue {
    let start = offset
    _ = take("-")
    if !take("0") { try takeDigits() }
    var isInteger = true
    if take(".") {
      isInteger = false
      try takeDigits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      offset += 1
      if !take("+") { _ = take("-") }
      try takeDigits()
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("the number is too large") }
    return .number(value)
  }

  private mutating func takeDigits() throws(JSONError) {
    let start = offset
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { offset += 1 }
    if offset == start { throw error("a digit is expected") }
  }

  private mutating func parseWord(
    _ word: String, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for byte in word.utf8 {
      guard peek == byte else { throw error("this begins no value") }
      offset += 1
    }
    return value
  }

  private mutating func descend(_ name: String) throws(JSONError) {
    if path.count >= depth { throw error("nested deeper than \(depth) levels") }
    path.append(name)
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func error(_ reason: String) -> JSONError {
    JSONError(
      offset: offset, pointer: path.reduce("") { JSONPointer.child($1, of: $0) }, reason: reason)
  }
}
