import JSON

/// JSON values as YAML 1.2, readable by YAML 1.1 too: whatever could be taken for something else than
/// text stands in quotes.
enum YAMLText {
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .object(let object) where !object.members.isEmpty: block(value, depth: 0)
    case .array(let elements) where !elements.isEmpty: block(value, depth: 0)
    default: scalar(value) + "\n"
    }
  }

  private static func block(_ value: JSONValue, depth: Int) -> String {
    let indent = String(repeating: "  ", count: depth)
    switch value {
    case .object(let object):
      return object.members.map { member in
        "\(indent)\(key(member.name)):\(inside(member.value, depth: depth, isInList: false))"
      }.joined()
    case .array(let elements):
      return elements.map { "\(indent)-\(inside($0, depth: depth, isInList: true))" }.joined()
    default: return indent + scalar(value) + "\n"
    }
  }

  /// What stands behind a key or a hyphen, the line's end included.
  private static func inside(_ value: JSONValue, depth: Int, isInList: Bool) -> String {
    switch value {
    case .object(let object) where !object.members.isEmpty:
      let lines = block(value, depth: depth + 1)
      guard isInList else { return "\n" + lines }
      // The first member stands beside the hyphen.
      return " " + String(lines.drop { $0 == " " })
    case .array(let elements) where !elements.isEmpty: return "\n" + block(value, depth: depth + 1)
    default: return " " + scalar(value) + "\n"
    }
  }

  private static func scalar(_ value: JSONValue) -> String {
    guard case .string(let text) = value else { return value.text }
    return isPlain(text) ? text : quoted(text)
  }

  private static func key(_ name: String) -> String { isPlain(name) ? name : quoted(name) }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text }

  private static let words: Set<String> = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n",
  ]

  private static func isPlain(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isLetter(_ byte: UInt8) -> Bool {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }
    guard let first = bytes.first, let last = bytes.last,
      isLetter(first) || first == UInt8(ascii: "/"), last != 0x20, last != UInt8(ascii: ":"),
      bytes.count <= 400
    else { return false }
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: ":") {
        if bytes[index + 1] == 0x20 { return false }
        continue
      }
      guard
        isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
          || " _./-@(),%+=?&~;'".utf8.contains(byte)
      else { return false }
    }
    return !words.contains(text.lowercased()) && text != "~"
  }
}
