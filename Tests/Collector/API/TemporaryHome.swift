import Foundation

/// A home of its own for `upblit`, in which it may keep what it likes.
struct TemporaryHome {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/upblit-home-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Runs `upblit` with this home and these variables alone.
  func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) async throws -> CommandLineProgram.Outcome {
    try await CommandLineProgram.run(
      arguments, environment: environment.merging(["HOME": path]) { given, _ in given },
      input: input)
  }

  func text(_ file: String) -> String? {
    try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
  }

  func write(_ text: String, to file: String) throws {
    let url = URL(filePath: "\(path)/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// The permission bits of a file; `nil` where there is none.
  func mode(_ file: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
    return attributes?[.posixPermissions] as? Int
  }
}
