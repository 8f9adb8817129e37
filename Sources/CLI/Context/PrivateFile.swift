import Glibc
import Linux

/// A small file of the command's own, replaced wholly or not at all, and readable by its owner alone
/// from the moment it is made.
struct PrivateFile {
  let path: String
  /// A file with secrets is refused where others can read it, where it is somebody else's, and where it
  /// is a link, by which it could be anywhere. Other files may be links; what they name is replaced.
  let isSecret: Bool

  init(_ path: String, isSecret: Bool) {
    self.path = path
    self.isSecret = isSecret
  }

  /// Its text; `nil` where there is none.
  func read() throws(CLIError) -> String? {
    // A pipe in its place must not be waited for.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (isSecret ? O_NOFOLLOW : 0)
    let descriptor = open(path, flags)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      if errno == ELOOP, isSecret {
        throw CLIError(.failure, "\(path) is a link: put the file itself in its place")
      }
      throw CLIError(.failure, "cannot read \(path): \(SystemText.lastError)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CLIError(.failure, "\(path) is no plain file")
    }
    if isSecret {
      guard status.st_uid == geteuid() else {
        throw CLIError(.failure, "\(path) is another user's: remove it, and log in again")
      }
      guard status.st_mode & 0o077 == 0 else {
        throw CLIError(.failure, "\(path) can be read by others: run `chmod 600 \(path)`")
      }
    }
    return try FileText.read(descriptor, name: path, limit: 1 << 20)
  }

  /// Puts `text` in place of what was there, so that a crash leaves the one or the other.
  func write(_ text: String) throws(CLIError) {
    let place = isSecret ? path : linked
    try Self.makeFolders(Files.folder(of: place))
    do throws(SystemError) {
      // What a crash left there could have another owner's mode.
      try Files.remove(place + ".new")
      try Files.replace(place, with: Array(text.utf8), mode: 0o600)
    } catch {
      throw CLIError(.failure, "cannot write \(path): \(error)")
    }
  }

  /// Runs `work` while no other process does so for this file: what it reads is still there when it
  /// writes.
  func alone<Value>(_ work: () throws(CLIError) -> Value) throws(CLIError) -> Value {
    let lock = try takeLock()
    defer { close(lock) }
    return try work()
  }

  /// Likewise, for work that waits for a collector meanwhile.
  func alone<Value: Sendable>(
    _ work: () async throws(CLIError) -> Value
  ) async throws(CLIError) -> Value {
    let lock = try takeLock()
    defer { close(lock) }
    return try await work()
  }

  /// The lock is a file beside it, since the file itself is replaced. Whoever holds it ends in time: it
  /// is released with the process.
  private func takeLock() throws(CLIError) -> Int32 {
    try Self.makeFolders(Files.folder(of: path))
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw CLIError(.failure, "cannot write \(path).lock: \(SystemText.lastError)")
    }
    while flock(descriptor, LOCK_EX) != 0 {
      if errno == EINTR { continue }
      let reason = SystemText.lastError
      close(descriptor)
      throw CLIError(.failure, "cannot lock \(path): \(reason)")
    }
    return descriptor
  }

  /// What the path names where it is a link, or else itself.
  private var linked: String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
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
