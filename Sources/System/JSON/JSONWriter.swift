/// Writes JSON values as UTF-8.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let indented: Bool
  private var level = 0

  init(indented: Bool) {
    self.indented = indented
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .number(let value): append(value.isFinite ? String(value) : "null")
    case .string(let value): writeString(value)
    case .array(let elements): writeArray(elements)
    case .object(let object): writeObject(object)
    }
  }

  private mutating func writeArray(_ elements: [JSONValue]) {
    guard !elements.isEmpty else { return append("[]") }
    open("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { separate() }
      write(element)
    }
    close("]")
  }

  private mutating func writeObject(_ object: JSONObject) {
    guard !object.members.isEmpty else { return append("{}") }
    open("{")
    for (index, member) in object.members.enumerated() {
      if index > 0 { separate() }
      writeString(member.name)
      bytes.append(UInt8(ascii: ":"))
      if indented { bytes.append(0x20) }
      write(member.value)
    }
    close("}")
  }

  /// Escapes what RFC 8259 section 7 demands, and DEL.
  private mutating func writeString(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      if text.contains(where: Self.isEscaped) {
        for byte in text { writeEscaped(byte) }
      } else {
        // Nearly all texts: taken over in one piece.
        bytes.append(contentsOf: text)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func writeEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x0a: append("\\n")
    case 0x0d: append("\\r")
    case 0x09: append("\\t")
    case 0..<0x20, 0x7f:
      let digits = Array("0123456789abcdef".utf8)
      append("\\u00")
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    level += 1
    breakLine()
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    level -= 1
    breakLine()
    bytes.append(UInt8(ascii: bracket))
  }

  private mutating func separate() {
    bytes.append(UInt8(ascii: ","))
    breakLine()
  }

  private mutating func breakLine() {
    guard indented else { return }
    bytes.append(0x0a)
    bytes.append(contentsOf: repeatElement(0x20, count: level * 2))
  }
}
