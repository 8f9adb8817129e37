/// The lines of a settings file: `key = value`, blank, or a comment that begins with `#` or `;`.
///
/// A value may stand in single or double quotes; within double quotes `\"` and `\\` mean `"` and
/// `\`. With the environment's names as keys, the same file is an `EnvironmentFile` of systemd.
public enum SettingsFile {
  /// One line that gives a value.
  public struct Entry: Equatable, Sendable {
    /// As written: a key's name or its name in the environment.
    public var key: String
    public var value: String
    /// From 1.
    public var line: Int
  }

  /// A line that is none of the three kinds.
  public struct Mistake: Error, Equatable, Sendable {
    public var line: Int
    public var reason: String
  }

  /// Reads the whole text; a mistake in one line does not hide those that follow.
  public static func parse(_ text: String) -> (entries: [Entry], mistakes: [Mistake]) {
    var entries: [Entry] = []
    var mistakes: [Mistake] = []
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let line = trimmed(Substring(bytes))
      guard let first = line.utf8.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";")
      else { continue }
      switch parse(line: line) {
      case .success(let (key, value)):
        entries.append(Entry(key: key, value: value, line: index + 1))
      case .failure(let mistake):
        mistakes.append(Mistake(line: index + 1, reason: mistake.reason))
      }
    }
    return (entries, mistakes)
  }

  private static func parse(line: String) -> Result<(String, String), Mistake> {
    func mistake(_ reason: String) -> Result<(String, String), Mistake> {
      .failure(Mistake(line: 0, reason: reason))
    }
    guard let equals = line.firstIndex(of: "=") else {
      return mistake("expected key = value, found \"\(line.prefix(40))\"")
    }
    let key = trimmed(line[..<equals])
    let isWord = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard !key.isEmpty, isWord else {
      return mistake("\"\(key.prefix(40))\" is not a key: letters, digits and _ only")
    }
    return unquote(trimmed(line[line.index(after: equals)...])).map { (key, $0) }
  }

  private static func unquote(_ text: String) -> Result<String, Mistake> {
    guard let quote = text.first, quote == "\"" || quote == "'" else {
      return text.last == "\\"
        ? .failure(Mistake(line: 0, reason: "lines can't be continued with \\")) : .success(text)
    }
    var value = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      if character == quote {
        return rest.isEmpty
          ? .success(value)
          : .failure(Mistake(line: 0, reason: "text after the closing \(quote)"))
      }
      if quote == "\"", character == "\\", let next = rest.first, next == "\"" || next == "\\" {
        value.append(next)
        rest.removeFirst()
      } else {
        value.append(character)
      }
    }
    return .failure(Mistake(line: 0, reason: "the closing \(quote) is missing"))
  }
}
