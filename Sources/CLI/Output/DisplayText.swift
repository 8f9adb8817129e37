/// Makes text that came from elsewhere fit for a terminal.
enum DisplayText {
  /// Replaces whatever could move the cursor, change colours, hide or reorder what stands beside
  /// it: control characters, and marks of direction (Unicode TR 9). They are shown as `\u{1b}`.
  static func escaped(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if isDangerous(scalar) {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// JSON or YAML of the same meaning with what is dangerous escaped as these write it; the line feeds
  /// between values stay. Beyond ASCII only texts hold such scalars, and there an escape stands for one.
  static func escaped(data text: String, isYAML: Bool) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      guard scalar.value > 0x7e, isDangerous(scalar) else {
        shown.unicodeScalars.append(scalar)
        continue
      }
      if scalar.value > 0xffff, isYAML {
        shown += "\\U" + digits(scalar.value, 8)
      } else {
        for unit in String(Character(scalar)).utf16 { shown += "\\u" + digits(UInt32(unit), 4) }
      }
    }
    return shown
  }

  private static func digits(_ value: UInt32, _ count: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }

  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e,
      0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe007f:
      true
    default: false
    }
  }

  /// The text as a sentence begins.
  static func firstUpper(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// How many columns a terminal gives the text: 0 for combining marks, 2 for wide characters.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
      0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff,
      0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }

  /// The text within `columns`, its end replaced by `…` where it is longer.
  static func cut(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    var shown = ""
    var used = 1
    for scalar in text.unicodeScalars {
      used += width(scalar)
      if used > columns { break }
      shown.unicodeScalars.append(scalar)
    }
    return columns > 0 ? shown + "…" : ""
  }

  /// The text in lines of at most `columns`, broken at blanks; `nil` breaks nothing.
  static func wrapped(_ text: String, to columns: Int?) -> String {
    guard let columns else { return text }
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, width(last) + 1 + width(String(word)) <= columns {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The text with spaces behind it up to `columns`.
  static func padded(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }
}
