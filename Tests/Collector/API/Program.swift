import Glibc
import Linux

/// Programs that are not the project's own.
enum Program {
  struct Run: Sendable {
    var status: Int32
    /// Both streams.
    var output: String
  }

  /// Runs one to its end, on a thread of its own.
  ///
  /// - Parameter words: its path first.
  static func run(_ words: [String]) async throws -> Run {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "program") {
          continuation.resume(with: Result { try exchange(words) })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Starts one that goes on by itself, without a word.
  static func start(_ words: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var id = pid_t()
    guard posix_spawn(&id, words[0], &actions, nil, &pointers, environ) == 0 else {
      throw RawHTTP.Failure(reason: "\(words[0]) does not start")
    }
    return id
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
