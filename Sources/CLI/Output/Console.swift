import Glibc

/// The terminal, or whatever stands in its place.
enum Console {
  /// Whether standard output is a terminal.
  static var isTerminal: Bool { isatty(1) == 1 }

  /// Whether colours are wanted: on a terminal that knows them, unless NO_COLOR is set.
  static var hasColors: Bool {
    isTerminal && getenv("NO_COLOR") == nil && Environment.value("TERM") != "dumb"
  }

  /// The terminal's columns; `nil` where output goes elsewhere and nothing is to be cut.
  static var columns: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return Environment.value("COLUMNS").flatMap { Int($0) } ?? 80
  }

  /// Writes to standard output.
  static func out(_ text: String) { write(text, to: 1) }

  /// Writes one line to standard error.
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// Replaces the line of standard error that the cursor stands in.
  static func errorInPlace(_ text: String) { write("\r\u{1b}[K" + text, to: 2) }

  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      sent += count
    }
  }
}

/// Colours for the few words that matter.
enum Paint {
  /// The word for a state, in its colour.
  static func state(_ word: String, _ text: String? = nil) -> String {
    let shown = text ?? word
    guard Console.hasColors else { return shown }
    let code =
      switch word {
      case "down": "1;31"
      case "partial", "regional", "degraded", "silent": "33"
      case "up", "live": "32"
      default: "2"
      }
    return "\u{1b}[\(code)m\(shown)\u{1b}[0m"
  }
}
