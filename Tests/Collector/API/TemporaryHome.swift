import Foundation
import JSON

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

  /// Stores API keys for contexts and their servers, as `upblit login` does.
  func storeLogins(
    _ logins: [(context: String, server: String, key: String)],
    in file: String = ".local/state/upblit/credentials"
  ) throws {
    let entries: [JSONValue] = logins.map {
      [
        "context": .string($0.context), "server": .string($0.server), "api_key": .string($0.key),
      ]
    }
    try write((["logins": .array(entries)] as JSONValue).text, to: file)
    chmod("\(path)/\(file)", 0o600)
  }

  /// The permission bits of a file; `nil` where there is none.
  func mode(_ file: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
    return attributes?[.posixPermissions] as? Int
  }
}
