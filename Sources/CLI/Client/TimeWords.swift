import UpblitClient

/// Times as a person writes them on the command line.
enum TimeWords {
  /// `30d`, `12h`, `90m` or `60s` before now, or a moment (RFC 3339), as the API takes it.
  static func moment(_ text: String?, flag: String) throws(CLIError) -> String? {
    guard let text else { return nil }
    if Moment(text) != nil { return text }
    let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
      1...100_000_000 ~= count
    else {
      throw CLIError(
        .usage,
        "\(flag) is \(DisplayText.escaped(text)): use a span before now such as 30d, 12h or 90m, or a "
          + "time such as 2026-01-31T12:00:00Z")
    }
    return Moment.text(Moment.now - count * unit)
  }
}
