import Glibc
import Linux

/// Runs the built `upblit`, or another program.
enum CommandLineProgram {
  struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String
  }

  struct Failure: Error {
    var reason: String
  }

  /// Runs it, or `program`, with these arguments and variables and nothing else of the environment; `input` is its
  /// standard input. After `interruptAfter` seconds it gets the signal that Ctrl-C sends.
  static func run(
    _ arguments: [String], environment: [String: String], input: String = "",
    program: String = "upblit", interruptAfter: UInt32? = nil
  ) async throws -> Outcome {
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "upblit") {
          continuation.resume(
            with: Result {
              try runBlocking(
                arguments, environment: environment, input: input, program: program,
                interruptAfter: interruptAfter)
            })
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private static func runBlocking(
    _ arguments: [String], environment: [String: String], input: String, program: String,
    interruptAfter: UInt32?
  ) throws -> Outcome {
    var pipes: [[Int32]] = []
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      // Sockets, since they can be made so that no other child inherits them.
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Failure(reason: "no pipe") }
      pipes.append(ends)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2)
    let path = try find(program)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var process = pid_t()
    guard posix_spawn(&process, path, &actions, nil, &words, &variables) == 0 else {
      throw Failure(reason: "cannot start \(path)")
    }
    for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
    let bytes = Array(input.utf8)
    if !bytes.isEmpty { _ = send(pipes[0][1], bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    close(pipes[0][1])
    if let interruptAfter {
      sleep(interruptAfter)
      kill(process, SIGINT)
    }
    let (output, errors) = readAll(pipes[1][0], pipes[2][0])
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    return Outcome(status: code, output: output, errors: errors)
  }

  /// Reads both to their ends, whichever has something: a usage text is written byte by byte, and a
  /// few hundred such writes fill a socket that nobody reads.
  private static func readAll(_ first: Int32, _ second: Int32) -> (String, String) {
    var watched = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var bytes: [[UInt8]] = [[], []]
    var buffer = [UInt8](repeating: 0, count: 65536)
    while watched.contains(where: { $0.fd >= 0 }) {
      guard poll(&watched, 2, -1) > 0 || errno == EINTR else { break }
      for index in watched.indices where watched[index].fd >= 0 && watched[index].revents != 0 {
        let count = read(watched[index].fd, &buffer, buffer.count)
        if count > 0 {
          bytes[index] += buffer[..<count]
        } else if count == 0 || errno != EINTR {
          watched[index].fd = -1
        }
      }
    }
    close(first)
    close(second)
    return (String(decoding: bytes[0], as: UTF8.self), String(decoding: bytes[1], as: UTF8.self))
  }

  /// The programs stand beside the tests' own.
  private static func find(_ program: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { throw Failure(reason: "who am I?") }
    let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folders = [own, CommandLine.arguments.first ?? ""] + CommandLine.arguments
    for text in folders {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      for depth in 1..<max(2, parts.count) {
        let candidate = parts.dropLast(depth).joined(separator: "/") + "/\(program)"
        var information = stat()
        if candidate.hasPrefix("/"), stat(candidate, &information) == 0,
          information.st_mode & S_IFMT == S_IFREG
        {
          return candidate
        }
      }
    }
    throw Failure(reason: "the program \(program) was not built beside \(own)")
  }
}
