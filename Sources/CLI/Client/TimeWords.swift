import UpblitClient

/// Times as a person writes them on the command line.
enum TimeWords {
  /// `30d`, `12h`, `90m` or `60s` before now, or a moment (RFC 3339), as the API takes it.
  static func moment(_ text: String?, flag: String) throws(CLIError) -> String? {
    guard let text else { return nil }
    if Moment(text) != nil { return text }
    guard let span = span(text) else { throw wrong(text, flag, "before now") }
    return Moment.text(Moment.now - span)
  }

  /// `90d` or `12h` from now, or a moment, as the API takes it.
  static func later(_ text: String?, flag: String) throws(CLIError) -> String? {
    guard let text else { return nil }
    if Moment(text) != nil { return text }
    guard let span = span(text) else { throw wrong(text, flag, "from now") }
    return Moment.text(Moment.now + span)
  }

  /// Seconds of `7d` or `12h`.
  static func seconds(_ text: String?, flag: String) throws(CLIError) -> Int64? {
    guard let text else { return nil }
    guard let span = span(text) else {
      throw CLIError(
        .usage, "\(flag) is \(DisplayText.escaped(text)): use a span such as 7d, 12h or 90m")
    }
    return span / 1000
  }

  /// Milliseconds.
  private static func span(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
      1...100_000_000 ~= count
    else { return nil }
    return count * unit
  }

  private static func wrong(_ text: String, _ flag: String, _ side: String) -> CLIError {
    CLIError(
      .usage,
      "\(flag) is \(DisplayText.escaped(text)): use a span \(side) such as 30d, 12h or 90m, or a time "
        + "such as 2026-01-31T12:00:00Z")
  }
}
