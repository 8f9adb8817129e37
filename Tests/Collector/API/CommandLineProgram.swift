import Glibc

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

  /// Runs it, or `program`, with these arguments and variables and nothing else of the environment;
  /// `input` is its standard input. After `interruptAfter` seconds it gets the signal that Ctrl-C sends.
  static func run(
    _ arguments: [String], environment: [String: String], input: String = "",
    program: String = "upblit", interruptAfter: UInt32? = nil
  ) async throws -> Outcome {
    let running = try RunningProgram(arguments, environment: environment, program: program)
    if !input.isEmpty { running.send(input) }
    running.endInput()
    if let interruptAfter {
      try await Task.sleep(for: .seconds(interruptAfter))
      running.signal(SIGINT)
    }
    return await running.outcome()
  }

  /// The programs stand beside the tests' own.
  static func find(_ program: String) throws -> String {
    if program.hasPrefix("/") { return program }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { throw Failure(reason: "who am I?") }
    let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folders = [own, CommandLine.arguments.first ?? ""] + CommandLine.arguments
    for text in folders {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      for depth in 1..<max(2, parts.count) {
        let candidate = parts.dropLast(depth).joined(separator: "/") + "/\(program)"
        // A folder of that name is none.
        let folder = open(candidate, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
          close(folder)
        } else if candidate.hasPrefix("/"), access(candidate, X_OK) == 0 {
          return candidate
        }
      }
    }
    throw Failure(reason: "the program \(program) was not built beside \(own)")
  }
}
