import UpblitClient

/// A request and its answer for `--debug`, on lines that begin with `>` and `<`.
enum DebugText {
  static func text(_ exchange: Exchange) -> String {
    var lines = ["> \(exchange.method) \(exchange.url)"]
    if exchange.attempt > 1 { lines[0] += "  (attempt \(exchange.attempt))" }
    lines += exchange.requestHeaders.map { "> \($0)" }
    if exchange.requestBytes > 0 { lines.append("> (\(exchange.requestBytes) bytes)") }
    if let status = exchange.status {
      lines.append("< \(status) in \(exchange.milliseconds) ms")
      lines += exchange.answerHeaders.filter { $0.name != "set-cookie" }
        .map { "< \($0.name): \($0.value)" }
      lines.append("< (\(exchange.answerBytes) bytes)")
    } else if let error = exchange.error {
      lines.append("< nothing in \(exchange.milliseconds) ms: \(error)")
    }
    return lines.map(DisplayText.escaped).joined(separator: "\n")
  }
}
