import Glibc

/// Plain writes to the two outputs, which never buffer.
enum StandardOutput {
  /// Writes a text to standard output.
  static func write(_ text: String) { write(text, to: 1) }

  /// Writes a line to standard error.
  static func complain(_ line: String) { write(line + "\n", to: 2) }

  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
