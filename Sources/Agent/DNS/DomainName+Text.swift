/// Why a text is not a name that can be looked up.
public enum DomainNameError: Error, Hashable, Sendable {
  case empty
  case emptyLabel
  case labelTooLong
  case tooLong
  case notASCII
  case badCharacter(UInt8)
  case badEscape
}

extension DomainNameError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "the name is empty"
    case .emptyLabel: "the name has nothing between two dots"
    case .labelTooLong: "a part of the name is longer than \(DomainName.mostLabelBytes) bytes"
    case .tooLong: "the name is longer than \(DomainName.mostBytes) bytes"
    case .notASCII: "the name is not ASCII; write it in the form that begins with xn--"
    case .badCharacter(let byte):
      "the name holds the byte \(byte), which stands in a name only as a backslash and three digits"
    case .badEscape:
      "a backslash in a name needs three digits up to 255, or one character, behind it"
    }
  }
}

extension DomainName {
  /// Reads a name as master files write it (RFC 1035 section 5.1), with or without its last dot.
  public init(_ text: some StringProtocol) throws(DomainNameError) {
    self = try Self.parse(Array(text.utf8)[...]).name
  }

  /// Reads a name, and whether a last dot says that it is whole.
  public static func parse(
    _ text: some StringProtocol
  ) throws(DomainNameError) -> (name: DomainName, isAbsolute: Bool) {
    try parse(Array(text.utf8)[...])
  }

  static func parse(
    _ text: ArraySlice<UInt8>
  ) throws(DomainNameError) -> (name: DomainName, isAbsolute: Bool) {
    guard !text.isEmpty else { throw .empty }
    if text.elementsEqual([UInt8(ascii: ".")]) { return (root, true) }
    // Each byte may be escaped by four.
    guard text.count <= 4 * mostBytes else { throw .tooLong }
    var wire: [UInt8] = [0]
    var lengthAt = 0
    var position = text.startIndex
    var endsInDot = false
    while position < text.endIndex {
      endsInDot = false
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "."):
        guard wire.count - lengthAt > 1 else { throw .emptyLabel }
        lengthAt = wire.count
        wire.append(0)
        endsInDot = true
      case UInt8(ascii: "\\"):
        wire.append(try escaped(text, &position))
      case 0x21...0x7e:
        wire.append(byte)
      case 0x80...:
        throw .notASCII
      default:
        throw .badCharacter(byte)
      }
      let length = wire.count - lengthAt - 1
      guard length <= mostLabelBytes else { throw .labelTooLong }
      wire[lengthAt] = UInt8(length)
    }
    if !endsInDot { wire.append(0) }
    guard wire.count <= mostBytes else { throw .tooLong }
    return (DomainName(wire: wire), endsInDot)
  }

  /// The byte behind a backslash, as a character or three digits.
  private static func escaped(
    _ text: ArraySlice<UInt8>, _ position: inout Int
  ) throws(DomainNameError) -> UInt8 {
    guard position < text.endIndex else { throw .badEscape }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard digits.contains(text[position]) else {
      let byte = text[position]
      guard byte < 0x80 else { throw .notASCII }
      position += 1
      return byte
    }
    guard text.endIndex - position >= 3 else { throw .badEscape }
    var value = 0
    for byte in text[position..<position + 3] {
      guard digits.contains(byte) else { throw .badEscape }
      value = value * 10 + Int(byte - digits.lowerBound)
    }
    guard value <= 255 else { throw .badEscape }
    position += 3
    return UInt8(value)
  }
}

extension DomainName: CustomStringConvertible {
  /// As master files write it, with its last dot; bytes that have a meaning there or can't be printed
  /// are escaped.
  public var description: String {
    guard !isRoot else { return "." }
    var text: [UInt8] = []
    for label in labels {
      for byte in label { PresentationText.append(byte, to: &text, isQuoted: false) }
      text.append(UInt8(ascii: "."))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
