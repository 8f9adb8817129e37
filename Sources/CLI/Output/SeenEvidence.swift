import JSON
import UpblitClient

/// What agents saw while a target failed, and beside it one good answer: what a person compares to
/// learn what is wrong.
struct SeenEvidence {
  /// The incident's field `evidence`, oldest first.
  let pieces: [JSONValue]

  private static let mostFailures = 6
  private static let mostLines = 16
  /// A way may have thirty hops, below a heading.
  private static let mostHops = 31
  /// Where nothing says how wide the terminal is.
  private static let mostColumns = 400

  /// The section, or nothing where nothing was kept. Every line is escaped, and cut at `columns`.
  func text(columns: Int?) -> String {
    let failures = pieces.filter { !Self.isGood($0) }
    guard !pieces.isEmpty else { return "" }
    var text = "\nEvidence\n"
    for piece in failures.prefix(Self.mostFailures) { text += Self.text(piece, columns) }
    if failures.count > Self.mostFailures {
      text += "  and \(failures.count - Self.mostFailures) more failures: `-o json` tells them\n"
    }
    if let good = goodAnswer(after: failures) {
      text += failures.isEmpty ? "" : "\n  a good answer, to compare\n"
      text += Self.text(good, columns)
    }
    return text
  }

  /// The first good answer after the last failure, or else the last there is.
  private func goodAnswer(after failures: [JSONValue]) -> JSONValue? {
    let good = pieces.filter(Self.isGood)
    guard let last = Self.moment(failures.last) else { return good.first }
    return good.first { (Self.moment($0)?.milliseconds ?? 0) >= last.milliseconds } ?? good.last
  }

  private static func isGood(_ piece: JSONValue) -> Bool { piece["outcome"]?.stringValue == "up" }

  private static func moment(_ piece: JSONValue?) -> Moment? {
    piece?["started_at"]?.stringValue.flatMap { Moment($0) }
  }

  private static func text(_ piece: JSONValue, _ columns: Int?) -> String {
    var words = [
      moment(piece)?.time ?? "?", piece["region"]?.stringValue ?? "?",
      piece["agent"]?["name"]?.stringValue ?? "-",
      VoteWords.text(piece["outcome"], piece["reason"]),
    ]
    if let status = piece["status"]?.integerValue { words.append("status \(status)") }
    var text = "  " + words.map(DisplayText.escaped).joined(separator: "  ") + "\n"
    for (heading, name) in parts {
      guard let part = piece[name]?.stringValue else { continue }
      var lines = lines(part)
      let most = name == "traceroute" ? mostHops : mostLines
      if lines.count > most {
        lines.replaceSubrange(most..., with: ["… \(lines.count - most) lines more"])
      }
      for (index, line) in lines.enumerated() {
        let start = "    " + DisplayText.padded(index == 0 ? heading : "", to: 8) + "  "
        let room = max(8, (columns ?? mostColumns) - start.utf8.count)
        text += start + DisplayText.cut(DisplayText.escaped(line), to: room) + "\n"
      }
    }
    return text
  }

  private static let parts = [
    ("address", "address"), ("edge", "presence"), ("headers", "headers"),
    ("body", "body_excerpt"), ("resolver", "resolver"), ("attempts", "attempts"),
    ("route", "traceroute"),
  ]

  /// The lines of a part, the line ends themselves left out; by bytes, since CR LF is one character.
  private static func lines(_ text: String) -> [String] {
    var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
    while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
