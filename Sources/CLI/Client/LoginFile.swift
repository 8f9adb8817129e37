import Glibc

/// The stored login: `key = value` lines in `$XDG_CONFIG_HOME/upblit/config`, readable by its owner
/// alone.
struct LoginFile {
  var url: String?
  var apiKey: String?
  var caFile: String?

  /// Where the login is stored: a home without a name is an error of the surroundings.
  static func path() throws(CLIError) -> String {
    if let base = Environment.value("XDG_CONFIG_HOME"), base.hasPrefix("/") {
      return base + "/upblit/config"
    }
    guard let home = Environment.value("HOME") else {
      throw CLIError(.failure, "neither XDG_CONFIG_HOME nor HOME is set: set one of them")
    }
    return home + "/.config/upblit/config"
  }

  /// The stored login; an empty one where there is none.
  static func read() throws(CLIError) -> LoginFile {
    let path = try path()
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return LoginFile() }
      throw CLIError(.failure, "cannot read \(path): \(SystemText.lastError)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw CLIError(
        .failure, "\(path) can be read by others: run `chmod 600 \(path)`")
    }
    return parse(try FileText.read(descriptor, name: path, limit: 65536))
  }

  private static func parse(_ text: String) -> LoginFile {
    var file = LoginFile()
    for line in text.utf8.split(separator: 0x0a) {
      let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1)
        .map { FileText.trimmed(String(decoding: $0, as: UTF8.self)) }
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "url": file.url = parts[1]
      case "api_key": file.apiKey = parts[1]
      case "ca_file": file.caFile = parts[1]
      default: continue
      }
    }
    return file
  }

  /// Stores the login in place of the one before, wholly or not at all.
  func write() throws(CLIError) {
    let path = try Self.path()
    let folder = path.utf8.dropLast("/config".utf8.count)
    try Self.makeFolders(String(decoding: folder, as: UTF8.self))
    var text = ""
    for (name, value) in [("url", url), ("api_key", apiKey), ("ca_file", caFile)] {
      if let value { text += "\(name) = \(value)\n" }
    }
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CLIError(.failure, "cannot write \(temporary): \(SystemText.lastError)")
    }
    let bytes = Array(text.utf8)
    let isWritten =
      Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let reason = SystemText.lastError
      unlink(temporary)
      throw CLIError(.failure, "cannot write \(path): \(reason)")
    }
  }

  private static func makeFolders(_ path: String) throws(CLIError) {
    var made = ""
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o700) != 0, errno != EEXIST {
        throw CLIError(.failure, "cannot make the folder \(made): \(SystemText.lastError)")
      }
    }
  }
}

/// The process's environment.
enum Environment {
  /// `nil` where unset or empty.
  static func value(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// The system's words.
enum SystemText {
  /// What `errno` says.
  static var lastError: String {
    strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
  }
}
