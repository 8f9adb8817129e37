import Glibc
import Linux

/// The programs of Python that `deploy/lib/packages.sh` puts into `.build/python`.
enum PythonTools {
  struct Run: Sendable {
    var status: Int32
    /// Both streams.
    var output: String
  }

  private static let root = "\(#filePath)".split(separator: "/").dropLast(4)
    .reduce("") { $0 + "/" + $1 }
  private static let folder = root + "/.build/python/bin/"

  static let isThere = access(folder + "schemathesis", X_OK) == 0

  /// A file of this folder.
  static func text(of name: String) throws -> String {
    let path = root + "/Tests/Collector/API/" + name
    guard let file = fopen(path, "re") else { throw RawHTTP.Failure(reason: "no \(path)") }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Runs a program to its end, on a thread of its own.
  static func run(_ program: String, _ arguments: [String]) async throws -> Run {
    let words = [folder + program] + arguments
    return try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "python") {
          continuation.resume(with: Result { try exchange(words) })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private static func exchange(_ words: [String]) throws -> Run {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw RawHTTP.Failure(reason: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var id = pid_t()
    let code = posix_spawn(&id, words[0], &actions, nil, &pointers, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard code == 0 else { throw RawHTTP.Failure(reason: "\(words[0]) does not start") }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(ends[0], &buffer, buffer.count)
      if count > 0 { output += buffer[..<count] } else { break }
    }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return Run(status: status >> 8 & 0xff, output: String(decoding: output, as: UTF8.self))
  }
}
