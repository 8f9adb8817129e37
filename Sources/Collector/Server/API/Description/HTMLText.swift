/// HTML that is being written: everything that is not markup is escaped.
struct HTMLText {
  private(set) var text = ""

  /// Markup, which must hold no words of others.
  mutating func raw(_ markup: String) { text += markup }

  /// Words.
  mutating func words(_ words: String) { text += Self.escaped(words) }

  /// An element of words.
  mutating func element(_ name: String, _ words: String) {
    text += "<\(name)>\(Self.escaped(words))</\(name)>"
  }

  mutating func link(to target: String, _ words: String) {
    text += "<a href=\"\(Self.escaped(target))\">\(Self.escaped(words))</a>"
  }

  /// Paragraphs, parted by empty lines; what stands between backticks is code.
  mutating func prose(_ words: String) {
    var lines: [Substring] = []
    for line in words.split(separator: "\n", omittingEmptySubsequences: false) + [Substring()] {
      if !line.isEmpty {
        lines.append(line)
      } else if !lines.isEmpty {
        text += "<p>"
        inline(lines.joined(separator: " "))
        text += "</p>"
        lines = []
      }
    }
  }

  /// Words in which what stands between backticks is code.
  mutating func inline(_ words: String) {
    for (index, part) in words.split(separator: "`", omittingEmptySubsequences: false).enumerated()
    {
      if index.isMultiple(of: 2) { self.words(String(part)) } else { element("code", String(part)) }
    }
  }

  static func escaped(_ words: String) -> String {
    words.reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      default: text.append(character)
      }
    }
  }
}
