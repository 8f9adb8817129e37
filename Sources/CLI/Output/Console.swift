import Glibc
import JSON
import Synchronization

/// The terminal, or whatever stands in its place.
enum Console {
  private static let wantsNoColors = Atomic(false)
  private static let isQuiet = Atomic(false)

  /// Takes over what the command line says of printing.
  static func configure(noColor: Bool, isQuiet: Bool) {
    wantsNoColors.store(noColor, ordering: .relaxed)
    self.isQuiet.store(isQuiet, ordering: .relaxed)
  }

  /// Whether standard output is a terminal.
  static var isTerminal: Bool { isatty(1) == 1 }

  /// Whether somebody can be asked something.
  static var canAsk: Bool { isatty(0) == 1 && isatty(2) == 1 }

  /// Whether colours are wanted: on a terminal that knows them, unless somebody said no.
  static var hasColors: Bool {
    isTerminal && !wantsNoColors.load(ordering: .relaxed) && Environment.value("NO_COLOR") == nil
      && Environment.value("TERM") != "dumb"
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

  /// Writes JSON or YAML to standard output: as it is for a program, without what could move the
  /// cursor or reorder a line for a terminal, and with the same meaning for both.
  static func out(data text: String, isYAML: Bool = false) {
    out(isTerminal ? DisplayText.escaped(data: text, isYAML: isYAML) : text)
  }

  /// Writes a line for a person, or where that is `nil` one line of JSON.
  static func out(_ line: String?, orData json: JSONValue) {
    if let line { out(line + "\n") } else { out(data: json.text + "\n") }
  }

  /// Writes one line to standard error.
  static func error(_ text: String) { write(text + "\n", to: 2) }

  /// Advice, on standard error unless `--quiet`.
  static func note(_ text: String) {
    if !isQuiet.load(ordering: .relaxed) { error(text) }
  }

  /// Replaces the line of standard error that the cursor stands in.
  static func errorInPlace(_ text: String) { write("\r\u{1b}[K" + text, to: 2) }

  /// A line that somebody types, trimmed; empty at the end of the input.
  static func ask(_ question: String) -> String {
    write(question, to: 2)
    return FileText.trimmed(line())
  }

  /// Likewise, without showing what is typed; as it was typed, since blanks may be part of a secret.
  static func askSecret(_ question: String) -> String {
    let silence = TerminalMode(without: tcflag_t(ECHO))
    defer {
      silence?.restore()
      write("\n", to: 2)
    }
    write(question, to: 2)
    return line()
  }

  /// What is typed up to the end of the line. Byte by byte, so that nothing behind it is taken away from
  /// whoever reads next.
  private static func line() -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < 65536 {
      let count = read(0, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || byte == 10 { break }
      bytes.append(byte)
    }
    if bytes.last == 13 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

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
      case "attributable", "ambiguous", "revoked": "31"
      case "partial", "regional", "degraded", "silent", "running": "33"
      case "up", "live", "open": "32"
      default: "2"
      }
    return "\u{1b}[\(code)m\(shown)\u{1b}[0m"
  }

  /// Bold, for headings.
  static func heading(_ text: String) -> String {
    Console.hasColors ? "\u{1b}[1m\(text)\u{1b}[0m" : text
  }
}
