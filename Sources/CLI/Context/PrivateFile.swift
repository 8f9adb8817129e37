import Glibc

/// A small file of the command's own, replaced wholly or not at all.
struct PrivateFile {
  let path: String

  /// Its text; `nil` where there is none.
  ///
  /// - Parameter isSecret: refuses a file that others can read.
  func read(isSecret: Bool) throws(CLIError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw CLIError(.failure, "cannot read \(path): \(SystemText.lastError)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, !isSecret || status.st_mode & 0o077 == 0 else {
      throw CLIError(.failure, "\(path) can be read by others: run `chmod 600 \(path)`")
    }
    return try FileText.read(descriptor, name: path, limit: 1 << 20)
  }

  /// Puts `text` in place of what was there, readable by its owner alone.
  func write(_ text: String) throws(CLIError) {
    let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
    try Self.makeFolders(String(path[..<end]))
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
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/" + part
      if mkdir(made, 0o700) != 0, errno != EEXIST {
        throw CLIError(.failure, "cannot make the folder \(made): \(SystemText.lastError)")
      }
    }
  }
}
