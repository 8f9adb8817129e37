import Glibc

/// A file in a folder of its own, which goes with it.
final class TemporaryFile: Sendable {
  let folder: String
  let path: String

  init(_ bytes: [UInt8], name: String = "file.json") throws {
    var template = Array("/tmp/upblit-file-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RawHTTP.Failure(reason: "no folder") }
    folder = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = folder + "/" + name
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer { close(file) }
    guard file >= 0, write(file, bytes, bytes.count) == bytes.count else {
      throw RawHTTP.Failure(reason: "\(path) can't be written")
    }
  }

  /// Puts a new file in its place at once, as whoever renews certificates does.
  func replace(_ bytes: [UInt8]) throws {
    let new = try TemporaryFile(bytes)
    guard rename(new.path, path) == 0 else {
      throw RawHTTP.Failure(reason: "\(path) can't be replaced")
    }
  }

  deinit {
    unlink(path)
    rmdir(folder)
  }
}
