import Glibc
import Synchronization

/// One of Upblit's programs, run as a person would: the real binary, its own process.
final class Program: Sendable {
  let name: String
  /// Where its output goes.
  let log: String
  let pid: pid_t
  private let status = Mutex<Int32?>(nil)

  /// The folder that holds the binaries: that of the tests themselves.
  static let folder: String = {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let bytes = path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    return String(decoding: bytes[..<(bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0)], as: UTF8.self)
  }()

  /// Whether these tests are wanted (they take minutes, and `deploy/test` asks for them) and all the
  /// binaries are there.
  static var areWanted: Bool {
    getenv("UPBLIT_END_TO_END") != nil
      && ["upblit-agent", "upblit-collector", "upblit"].allSatisfy {
        access("\(folder)/\($0)", X_OK) == 0
      }
  }

  /// Starts a program. `environment` is added to this process's own.
  init(
    _ name: String, _ arguments: [String], log: String, environment: [String: String] = [:]
  ) throws {
    self.name = name
    self.log = log
    let path = "\(Self.folder)/\(name)"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    var variables = Self.inherited(adding: environment).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, path, &actions, nil, &words, &variables)
    guard code == 0 else { throw Trouble("cannot start \(path): error \(code)") }
    self.pid = pid
  }

  deinit {
    if status.withLock({ $0 == nil }) {
      kill(pid, SIGKILL)
      var code: Int32 = 0
      waitpid(pid, &code, 0)
    }
  }

  private static func inherited(adding more: [String: String]) -> [String] {
    var lines: [String] = []
    var next = environ
    while let line = next.pointee {
      let text = String(cString: line)
      // a developer's own settings must not reach the programs under test
      if !text.hasPrefix("UPBLIT_") { lines.append(text) }
      next += 1
    }
    return lines + more.map { "\($0.key)=\($0.value)" }
  }

  /// Ends it as a crash would: at once, without a word.
  func killAtOnce() {
    kill(pid, SIGKILL)
    _ = wait()
  }

  /// Asks it to end, and waits: its exit status.
  @discardableResult
  func stop() -> Int32 {
    kill(pid, SIGTERM)
    return wait()
  }

  /// Waits for its end: the exit status, or minus the signal that ended it.
  func wait() -> Int32 {
    status.withLock { known in
      if let known { return known }
      var code: Int32 = 0
      while waitpid(pid, &code, 0) < 0, errno == EINTR {}
      let result = code & 0x7f == 0 ? (code >> 8) & 0xff : -(code & 0x7f)
      known = result
      return result
    }
  }

  /// Whether it still runs.
  var isRunning: Bool {
    status.withLock { known in
      guard known == nil else { return false }
      var code: Int32 = 0
      guard waitpid(pid, &code, WNOHANG) == pid else { return true }
      known = code & 0x7f == 0 ? (code >> 8) & 0xff : -(code & 0x7f)
      return false
    }
  }

  /// Its output so far.
  var output: String { (try? readText(log)) ?? "" }
}

/// What went wrong in a test's surroundings, in words.
struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The text of a whole file.
func readText(_ path: String) throws -> String {
  guard let file = fopen(path, "r") else { throw Trouble("cannot read \(path)") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}

/// Writes a whole file, for its owner alone.
func writeText(_ text: String, to path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  guard descriptor >= 0 else { throw Trouble("cannot write \(path)") }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  guard write(descriptor, bytes, bytes.count) == bytes.count else {
    throw Trouble("cannot write \(path)")
  }
}

/// Waits until `condition` holds, looking ten times a second; false when the time is over.
func eventually(
  within seconds: Double, _ condition: () throws -> Bool
) rethrows -> Bool {
  var left = seconds
  while try !condition() {
    guard left > 0 else { return false }
    usleep(100_000)
    left -= 0.1
  }
  return true
}
