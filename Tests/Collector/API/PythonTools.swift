import Glibc

/// The programs of Python that `deploy/lib/packages.sh` puts into `.build/python`.
enum PythonTools {
  private static let root = "\(#filePath)".split(separator: "/").dropLast(4)
    .reduce("") { $0 + "/" + $1 }
  private static let folder = root + "/.build/python/bin/"

  static let isThere = access(folder + "schemathesis", X_OK) == 0

  /// A file of this folder.
  static func path(of name: String) -> String { root + "/Tests/Collector/API/" + name }

  /// What such a file holds.
  static func text(of name: String) throws -> String {
    let path = path(of: name)
    guard let file = fopen(path, "re") else { throw RawHTTP.Failure(reason: "no \(path)") }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Starts one that serves; it says nothing.
  static func start(_ program: String, _ arguments: [String]) throws -> pid_t {
    try Program.start([folder + program] + arguments)
  }

  static func run(_ program: String, _ arguments: [String]) async throws -> Program.Run {
    try await Program.run([folder + program] + arguments)
  }
}
