/// How long a text may be somewhere, in the unit in which it is counted there.
public struct TextLimit: Hashable, Sendable {
  /// What a length is counted in.
  public enum Unit: String, Hashable, Sendable {
    /// What a person sees as one character (UAX #29).
    case characters
    /// UTF-16 code units: never fewer than code points, so safe where either is meant.
    case utf16
    /// Bytes of UTF-8.
    case bytes
  }

  public var count: Int
  public var unit: Unit

  public init(_ count: Int, _ unit: Unit) {
    self.count = count
    self.unit = unit
  }

  /// The length of `text`.
  func measure(_ text: String) -> Int {
    switch unit {
    case .characters: text.count
    case .utf16: text.utf16.count
    case .bytes: text.utf8.count
    }
  }

  /// `text` as it is written at `place`, cut between two characters and ended by `…` if that would be
  /// too long. What was written is counted, so an escaped character is never cut either. Isolates
  /// that are open at the cut are closed.
  func clip(_ text: String, for place: TextPlace = .plain) -> String {
    let (ellipsis, close) = ("…", "\u{2069}")
    var output = ""
    var length = 0
    var open = 0
    var cut: (bytes: Int, open: Int)?
    if measure(ellipsis) <= count { cut = (0, 0) }
    for character in text {
      let written = place.escape(String(character))
      let cost = measure(written)
      if length + cost > count {
        guard let cut else { return "" }
        return String(decoding: output.utf8.prefix(cut.bytes), as: UTF8.self) + ellipsis
          + String(repeating: close, count: cut.open)
      }
      output += written
      length += cost
      if character == "\u{2068}" { open += 1 }
      if character == "\u{2069}" { open = max(0, open - 1) }
      if length + measure(ellipsis) + open * measure(close) <= count {
        cut = (output.utf8.count, open)
      }
    }
    return output
  }

  /// Lines, written already, as far as they fit; how many were left out, with the `more` that never
  /// were in the list, is said by a last line.
  func join(_ lines: [String], more: Int = 0) -> String {
    let all = lines.joined(separator: "\n")
    if more == 0, measure(all) <= count { return all }
    var kept: [String] = []
    var length = 0
    for (index, line) in lines.enumerated() {
      let rest = lines.count - index - 1 + more
      let closing = rest > 0 ? measure("\n" + Self.closing(rest)) : 0
      let cost = measure(line) + (kept.isEmpty ? 0 : 1)
      guard length + cost + closing <= count else { break }
      kept.append(line)
      length += cost
    }
    let rest = lines.count - kept.count + more
    if rest > 0 { kept.append(Self.closing(rest)) }
    return kept.joined(separator: "\n")
  }

  /// Says how many are not listed.
  static func closing(_ rest: Int) -> String { "and \(rest) more" }
}
