import Glibc

/// Reads texts that a person hands over in files.
enum FileText {
  /// The text of the file `path`, or of standard input for `-`; at most `limit` bytes.
  static func read(_ path: String, limit: Int = 1 << 20) throws(CLIError) -> String {
    if path == "-" { return try read(0, name: "standard input", limit: limit) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CLIError(.failure, "cannot read \(path): \(SystemText.lastError)")
    }
    defer { close(descriptor) }
    return try read(descriptor, name: path, limit: limit)
  }

  static func read(
    _ descriptor: Int32, name: String, limit: Int
  ) throws(CLIError) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CLIError(.failure, "cannot read \(name): \(SystemText.lastError)")
      }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw CLIError(.failure, "\(name) has more than \(limit) bytes: is it the right file?")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Makes `text` the content of the file `path`.
  static func write(_ text: String, to path: String) throws(CLIError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CLIError(.failure, "cannot write \(path): \(SystemText.lastError)")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw CLIError(.failure, "cannot write \(path): \(SystemText.lastError)")
      }
      sent += count
    }
  }

  /// Without spaces, tabs and line ends around it.
  static func trimmed(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
