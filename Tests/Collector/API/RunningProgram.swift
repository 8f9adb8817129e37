import Glibc
import Linux
import Synchronization

/// A program that runs beside the test: what it prints is read as it comes, and can be waited for.
final class RunningProgram: Sendable {
  /// Its standard input and output.
  enum Place {
    case pipes
    /// A terminal of its own, on which it leads a session: keys such as Ctrl-C reach it.
    case terminal
  }

  private struct State: Sendable {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var status: Int32?
    var waiters: [@Sendable (inout State) -> Bool] = []
  }

  // Of Linux's headers, where Swift does not see them: TIOCSPTLCK, TIOCGPTN, POSIX_SPAWN_SETSID.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430
  private static let newSession: Int16 = 0x80

  let process: pid_t
  /// What is written there the program reads; of a terminal also what it prints.
  private let input: Int32
  private let descriptors: [Int32]
  private let state = Mutex(State())

  init(
    _ arguments: [String], environment: [String: String], program: String = "upblit",
    on place: Place = .pipes
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var own: [Int32] = []
    var theirs: [Int32] = []
    switch place {
    case .pipes:
      for descriptor in Int32(0)..<3 {
        var ends: [Int32] = [-1, -1]
        // Sockets, since they can be made so that no other child inherits them.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
          throw CommandLineProgram.Failure(reason: "no pipe")
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], descriptor)
        own.append(ends[0])
        theirs.append(ends[1])
      }
    case .terminal:
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      var lock: Int32 = 0
      var number: UInt32 = 0
      guard terminal >= 0, ioctl(terminal, Self.setLock, &lock) == 0,
        ioctl(terminal, Self.getNumber, &number) == 0
      else { throw CommandLineProgram.Failure(reason: "no terminal") }
      posix_spawnattr_setflags(&attributes, Self.newSession)
      // Whoever leads a session without a terminal takes the one that it opens.
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/pts/\(number)", O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
      own.append(terminal)
    }
    let path = try CommandLineProgram.find(program)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var started = pid_t()
    guard posix_spawn(&started, path, &actions, &attributes, &words, &variables) == 0 else {
      throw CommandLineProgram.Failure(reason: "cannot start \(path)")
    }
    process = started
    for end in theirs { close(end) }
    input = own[0]
    descriptors = own
    let read = place == .terminal ? own : Array(own.dropFirst())
    _ = try DedicatedThread(name: "running") { [self] in gather(read) }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Types, or writes to standard input.
  func send(_ text: String) {
    let bytes = Array(text.utf8)
    // A program that has ended is no reason to end too.
    if descriptors.count > 1 {
      _ = Glibc.send(input, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    } else {
      _ = Glibc.write(input, bytes, bytes.count)
    }
  }

  /// Ends standard input.
  func endInput() { shutdown(input, Int32(SHUT_WR)) }

  func signal(_ number: Int32) { kill(process, number) }

  /// Whether the terminal shows what is typed.
  var isEchoing: Bool {
    var mode = termios()
    return tcgetattr(input, &mode) == 0 && mode.c_lflag & tcflag_t(ECHO) != 0
  }

  /// Waits until the standard output so far is as wanted, and returns it; throws where the program ends
  /// before.
  @discardableResult
  func until(_ isWanted: @escaping @Sendable (String) -> Bool) async throws -> String {
    let found: (text: String, isWanted: Bool) = await withCheckedContinuation { continuation in
      wait { state in
        let text = String(decoding: state.output, as: UTF8.self)
        let isFound = isWanted(text)
        guard isFound || state.status != nil else { return false }
        continuation.resume(returning: (text, isFound))
        return true
      }
    }
    guard found.isWanted else {
      throw CommandLineProgram.Failure(reason: "it ended and had printed: \(found.text)")
    }
    return found.text
  }

  /// Waits for its end; the status is negative where a signal ended it.
  func outcome() async -> CommandLineProgram.Outcome {
    await withCheckedContinuation { continuation in
      wait { state in
        guard let status = state.status else { return false }
        continuation.resume(
          returning: CommandLineProgram.Outcome(
            status: status, output: String(decoding: state.output, as: UTF8.self),
            errors: String(decoding: state.errors, as: UTF8.self)))
        return true
      }
    }
  }

  /// Runs `waiter` now and at every change, until it says that it is done.
  private func wait(_ waiter: @escaping @Sendable (inout State) -> Bool) {
    state.withLock { state in
      if !waiter(&state) { state.waiters.append(waiter) }
    }
  }

  private func change(_ work: (inout State) -> Void) {
    state.withLock { state in
      work(&state)
      let waiters = state.waiters
      state.waiters = waiters.filter { !$0(&state) }
    }
  }

  /// Reads all to their ends, whichever has something.
  private func gather(_ sources: [Int32]) {
    var watched = sources.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    while watched.contains(where: { $0.fd >= 0 }) {
      guard poll(&watched, nfds_t(watched.count), -1) > 0 || errno == EINTR else { break }
      for index in watched.indices where watched[index].fd >= 0 && watched[index].revents != 0 {
        let count = read(watched[index].fd, &buffer, buffer.count)
        if count > 0 {
          change { state in
            if index == 0 {
              state.output += buffer[..<count]
            } else {
              state.errors += buffer[..<count]
            }
          }
        } else if count == 0 || errno != EINTR {
          watched[index].fd = -1
        }
      }
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    change { $0.status = code }
  }
}
