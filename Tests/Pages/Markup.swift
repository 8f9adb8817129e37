/// A document of HTML or XML taken apart by rules that are stricter than a browser's: every element
/// is closed in order, every attribute is quoted and occurs once, every reference is known, nothing
/// stands there that XML forbids.
struct Markup {
  struct Element {
    var name: String
    var attributes: [String: String]
    /// Where its parent stands in `elements`.
    var parent: Int?
    /// All text within, that of its descendants too.
    var text = ""
  }

  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  /// In the order in which they open.
  private(set) var elements: [Element] = []
  private let bytes: [UInt8]
  private var offset = 0
  private var open: [Int] = []
  private let isHTML: Bool

  private static let void: Set<String> = ["meta", "link", "br", "img"]

  init(_ bytes: [UInt8], isHTML: Bool) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Problem(description: "not UTF-8")
    }
    (self.bytes, self.isHTML) = (bytes, isHTML)
    if isHTML, take("<!DOCTYPE html>") == false { throw problem("no doctype") }
    if !isHTML, take("<?xml version=\"1.0\" encoding=\"utf-8\"?>") { _ = take("\n") }
    while offset < bytes.count { try step() }
    if let last = open.last { throw problem("\(elements[last].name) is not closed") }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The names of all elements and attributes, in order: what a text must not change.
  var shape: [String] {
    elements.map { ([$0.name] + $0.attributes.keys.sorted()).joined(separator: " ") }
  }

  private mutating func step() throws {
    if take("</") {
      let name = try takeName()
      guard take(">"), let last = open.popLast(), elements[last].name == name else {
        throw problem("\(name) closes what is not open")
      }
    } else if take("<") {
      try openElement()
    } else {
      let text = try takeText(until: "<")
      if open.isEmpty, text.contains(where: { !$0.isWhitespace }) {
        throw problem("text outside of all elements")
      }
      for index in open { elements[index].text += text }
    }
  }

  private mutating func openElement() throws {
    var element = Element(name: try takeName(), attributes: [:], parent: open.last)
    while take(" ") {
      let name = try takeName()
      var value = ""
      if take("=") {
        guard take("\"") else { throw problem("\(name) is not quoted") }
        value = try takeText(until: "\"")
        guard take("\"") else { throw problem("\(name) does not end") }
      } else if !isHTML {
        throw problem("\(name) has no value")
      }
      guard element.attributes.updateValue(value, forKey: name) == nil else {
        throw problem("\(name) occurs twice")
      }
    }
    if open.isEmpty, !elements.isEmpty { throw problem("a second root") }
    elements.append(element)
    if take("/>") { return }
    guard take(">") else { throw problem("\(element.name) does not end") }
    if !(isHTML && Self.void.contains(element.name)) { open.append(elements.count - 1) }
  }

  private mutating func takeName() throws -> String {
    let start = offset
    while offset < bytes.count, Self.isName(bytes[offset]) { offset += 1 }
    if start == offset { throw problem("a name is expected") }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  private static let references: [(StaticString, UInt8)] = [
    ("&amp;", 0x26), ("&lt;", 0x3c), ("&gt;", 0x3e), ("&quot;", 0x22), ("&#39;", 0x27),
  ]

  private mutating func takeText(until end: Unicode.Scalar) throws -> String {
    var text: [UInt8] = []
    while offset < bytes.count, bytes[offset] != UInt8(ascii: end) {
      switch bytes[offset] {
      case UInt8(ascii: "&"):
        guard let reference = Self.references.first(where: { take($0.0) }) else {
          throw problem("an unknown reference")
        }
        text.append(reference.1)
        continue
      case UInt8(ascii: "<"): throw problem("a bracket within an attribute")
      case 0x09, 0x0a: text.append(bytes[offset])
      case 0..<0x20, 0x7f: throw problem("a control character")
      default: text.append(bytes[offset])
      }
      offset += 1
    }
    let string = String(decoding: text, as: UTF8.self)
    if string.unicodeScalars.contains(where: { $0 == "\u{fffe}" || $0 == "\u{ffff}" }) {
      throw problem("what XML forbids")
    }
    return string
  }

  private mutating func take(_ literal: StaticString) -> Bool {
    literal.withUTF8Buffer { wanted in
      guard bytes[offset...].starts(with: wanted) else { return false }
      offset += wanted.count
      return true
    }
  }

  private func problem(_ words: String) -> Problem {
    let near = bytes[max(0, offset - 60)..<min(bytes.count, offset + 20)]
    return Problem(description: "\(words), at \(offset): \(String(decoding: near, as: UTF8.self))")
  }
}
