import Glibc
import Linux
import Testing

/// A program that a test needs beside it, such as a server. It gets a pipe as its standard input, and
/// whoever does not end by that is killed when this goes.
final class HelperProgram {
  /// The words of its first line, where that was waited for.
  let words: [String]
  private let id: pid_t
  private let input: Int32

  /// - Parameters:
  ///   - arguments: the program first, looked for in `PATH`.
  ///   - speaks: whether it says on one line that it is ready.
  init(_ arguments: [String], speaks: Bool = true) throws {
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    try #require(pipe(&toChild) == 0 && pipe(&fromChild) == 0)
    for fd in toChild + fromChild { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var id = pid_t()
    let code = posix_spawnp(&id, arguments[0], &actions, nil, &pointers, environ)
    close(toChild[0])
    close(fromChild[1])
    defer { close(fromChild[0]) }
    input = toChild[1]
    self.id = id
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while code == 0, speaks, read(fromChild[0], &byte, 1) == 1, byte != 10 { line.append(byte) }
    words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
    try #require(code == 0 && (!speaks || !words.isEmpty), "\(arguments[0]) does not start")
  }

  deinit {
    close(input)
    kill(id, SIGKILL)
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
  }

  /// The ports that it named on its first line.
  var ports: [UInt16] { words.compactMap { UInt16($0) } }

  /// Where a program is, in `PATH` or where administrators' programs are; `nil` where it is not.
  static func path(of name: String) -> String? {
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
    return (folders.map(String.init) + ["/usr/sbin", "/usr/bin"]).map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }

  /// The system's Python, which sees the packages that `deploy/lib/packages.sh` lists.
  private static let python = "/usr/bin/python3"

  /// Whether Python can import a module.
  static func pythonHas(_ module: String) -> Bool {
    (try? HelperProgram([python, "-c", "import \(module); print('yes')"])) != nil
  }

  /// A program of this folder, run by Python.
  static func python(_ name: String, _ arguments: [String] = []) throws -> HelperProgram {
    let folder = Files.folder(of: "\(#filePath)")
    return try HelperProgram([python, "\(folder)/servers/\(name)"] + arguments)
  }

  /// A port of 127.0.0.1 that nobody had a moment ago.
  static func freePort() throws -> UInt16 { try RefusingPort().number }

  /// Waits until something accepts connections at a port.
  static func waitForListener(_ port: UInt16) throws {
    let end = AgentClock.monotonicNanoseconds() + 20_000_000_000
    while try !accepts(port) {
      try #require(AgentClock.monotonicNanoseconds() < end, "nothing listens at port \(port)")
      // A program that says nothing when it is ready gives nothing else to wait for.
      waitForSockets([], timeoutMs: 10)
    }
  }

  private static func accepts(_ port: UInt16) throws -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(fd >= 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
