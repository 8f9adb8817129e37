extension Key where Value == String {
  /// A text of `length` bytes of UTF-8, without control characters.
  public static func text(
    _ name: String, _ help: String, length: ClosedRange<Int> = 1...1024, default fallback: String
  ) -> Self {
    Self(
      name, help: help,
      expectation: "a text of \(length.lowerBound) to \(length.upperBound) bytes",
      fallback: fallback, fallbackText: fallback.isEmpty ? nil : fallback,
      parse: { isPlain($0) && length.contains($0.utf8.count) ? $0 : nil })
  }

  /// An absolute path.
  public static func path(_ name: String, _ help: String, default fallback: String) -> Self {
    Self(
      name, help: help, expectation: "an absolute path", fallback: fallback,
      fallbackText: fallback.isEmpty ? nil : fallback,
      parse: { $0.utf8.first == UInt8(ascii: "/") && isPlain($0) ? $0 : nil })
  }

  /// One of a few words.
  public static func choice(
    _ name: String, _ help: String, of words: [String], default fallback: String
  ) -> Self {
    Self(
      name, help: help, expectation: "one of \(words.joined(separator: ", "))",
      fallback: fallback, fallbackText: fallback.isEmpty ? nil : fallback,
      parse: { words.contains($0) ? $0 : nil })
  }
}

extension Key where Value == String? {
  /// A text of `length` bytes of UTF-8, without control characters; `nil` when it is not given.
  public static func optionalText(
    _ name: String, _ help: String, length: ClosedRange<Int> = 1...1024
  ) -> Self {
    Self(
      name, help: help,
      expectation: "a text of \(length.lowerBound) to \(length.upperBound) bytes",
      fallback: nil, fallbackText: nil,
      parse: { isPlain($0) && length.contains($0.utf8.count) ? .some($0) : nil })
  }

  /// An absolute path; `nil` when it is not given.
  public static func optionalPath(_ name: String, _ help: String) -> Self {
    Self(
      name, help: help, expectation: "an absolute path", fallback: nil, fallbackText: nil,
      parse: { $0.utf8.first == UInt8(ascii: "/") && isPlain($0) ? .some($0) : nil })
  }
}

extension Key where Value == [String] {
  /// Texts between commas; spaces around them don't count.
  ///
  /// - Parameter isItem: whether a text may stand in the list.
  public static func list(
    _ name: String, _ help: String, items: String, count: ClosedRange<Int>,
    default fallback: [String], isItem: @escaping @Sendable (String) -> Bool
  ) -> Self {
    Self(
      name, help: help,
      expectation:
        "\(count.lowerBound) to \(count.upperBound) \(items), separated by commas",
      fallback: fallback,
      fallbackText: fallback.isEmpty ? nil : fallback.joined(separator: ", "),
      parse: { text in
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
          .map { trimmed($0) }
        let list = parts == [""] ? [] : parts
        return count.contains(list.count) && list.allSatisfy(isItem) ? list : nil
      })
  }
}

extension Key where Value == Int {
  /// A whole number in decimal digits.
  ///
  /// - Parameter unit: what is counted, in the plural, for messages.
  public static func integer(
    _ name: String, _ help: String, in range: ClosedRange<Int>, unit: String? = nil,
    default fallback: Int
  ) -> Self {
    let of = unit.map { " of \($0)" } ?? ""
    return Self(
      name, help: help,
      expectation: "a whole number\(of) from \(range.lowerBound) to \(range.upperBound)",
      fallback: fallback, fallbackText: "\(fallback)",
      parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// A size in bytes: digits and one of B, KiB, MiB, GiB, TiB.
  public static func bytes(
    _ name: String, _ help: String, in range: ClosedRange<Int>, default fallback: Int
  ) -> Self {
    Self(
      name, help: help,
      expectation:
        "a size with its unit, such as 64MiB, "
        + "from \(Units.text(bytes: range.lowerBound)) to \(Units.text(bytes: range.upperBound))",
      fallback: fallback, fallbackText: Units.text(bytes: fallback),
      parse: { text in Units.bytes(of: text).flatMap { range.contains($0) ? $0 : nil } })
  }
}

extension Key where Value == Duration {
  /// A length of time: digits and one of ms, s, m, h, d.
  public static func duration(
    _ name: String, _ help: String, in range: ClosedRange<Duration>, default fallback: Duration
  ) -> Self {
    Self(
      name, help: help,
      expectation:
        "a time with its unit, such as 30s, "
        + "from \(Units.text(range.lowerBound)) to \(Units.text(range.upperBound))",
      fallback: fallback, fallbackText: Units.text(fallback),
      parse: { text in Units.duration(of: text).flatMap { range.contains($0) ? $0 : nil } })
  }
}

extension Key where Value == Bool {
  /// `true` or `false`; `yes`, `no`, `on`, `off`, `1` and `0` say the same.
  public static func flag(_ name: String, _ help: String, default fallback: Bool = false) -> Self {
    Self(
      name, help: help, expectation: "true or false", fallback: fallback,
      fallbackText: fallback ? "true" : "false",
      parse: { text in
        switch text {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
      }
    ).with { $0.isSwitch = true }
  }
}

/// Whether a text has no control characters.
private func isPlain(_ text: String) -> Bool {
  text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
}

func trimmed(_ text: some StringProtocol) -> String {
  let isSpace = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 }
  let bytes = Array(text.utf8)
  guard let first = bytes.firstIndex(where: { !isSpace($0) }),
    let last = bytes.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(decoding: bytes[first...last], as: UTF8.self)
}
