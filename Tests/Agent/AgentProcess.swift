import Glibc
import Linux
import Synchronization
import Testing

/// The built `upblit-agent` as a process.
final class AgentProcess {
  /// Beside the tests' own executable.
  static let path: String = {
    let here = CommandLine.arguments.first ?? ""
    return Files.folder(of: here) + "/upblit-agent"
  }()

  let id: pid_t
  private let output: String
  private(set) var exitCode: Int32?

  /// Starts it; both of its outputs go to a file in `folder`.
  ///
  /// - Parameter wrapper: a program and its first arguments, which runs what follows in its place.
  init(
    _ arguments: [String], folder: String, input: String? = nil, through wrapper: [String] = []
  ) throws {
    output = folder + "/output-\(UInt64.random(in: 0...UInt64.max))"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let words: [UnsafeMutablePointer<CChar>?] =
      (wrapper + [Self.path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { free(environment[0]) }
    var id = pid_t()
    let code = posix_spawn(&id, wrapper.first ?? Self.path, &actions, nil, words, &environment)
    try #require(code == 0, "\(Self.path) can't be started: \(code)")
    self.id = id
  }

  deinit {
    if exitCode == nil { kill() }
  }

  /// What it has written so far.
  var text: String {
    (try? Files.read(output)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func signal(_ number: Int32) {
    _ = Glibc.kill(id, number)
  }

  /// `kill -9`, and waits for the end.
  func kill() {
    signal(SIGKILL)
    _ = wait()
  }

  /// Waits for the end: the exit code, or minus the signal.
  func end() async -> Int32 {
    if let exitCode { return exitCode }
    let id = id
    await offPool {
      // Leaves the exit status for `wait`.
      var found = siginfo_t()
      while waitid(P_PID, id_t(id), &found, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }
    return wait()
  }

  private func wait() -> Int32 {
    if let exitCode { return exitCode }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    exitCode = code
    return code
  }

  /// Runs it to its end.
  static func run(
    _ arguments: [String], folder: String, input: String? = nil
  ) async throws -> (code: Int32, text: String) {
    let process = try AgentProcess(arguments, folder: folder, input: input)
    let code = await process.end()
    return (code, process.text)
  }
}

/// A web server that answers 200 to everything and notes who asked.
final class LoggingTarget: Sendable {
  /// The values of `Upblit-Probe`, as often as they came.
  let seen = Mutex<[String]>([])
  let port: UInt16
  private let listener: Descriptor
  private let isOver = Atomic(false)

  init() throws {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    listener = Descriptor(owning: raw)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let size = length
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16 in
        guard bind(raw, generic, size) == 0, listen(raw, 512) == 0,
          getsockname(raw, generic, &length) == 0
        else { return 0 }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    try #require(port > 0)
    _ = try DedicatedThread(name: "target") { [self] in
      while !isOver.load(ordering: .relaxed) {
        waitForSockets([WatchedSocket(listener.raw)], timeoutMs: 200)
        var ready = pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) == 1 else { continue }
        let raw = accept(listener.raw, nil, nil)
        // No agent that is started meanwhile may inherit it.
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        if raw >= 0 { answer(Descriptor(owning: raw)) }
      }
    }
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  private func answer(_ client: consuming Descriptor) {
    var head: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4_096)
    while true {
      waitForSockets([WatchedSocket(client.raw)], timeoutMs: 1_000)
      let count = recv(client.raw, &part, part.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      head += part[..<count]
      if head.count >= 4, head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) { break }
    }
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    where line.lowercased().hasPrefix("upblit-probe: ") {
      seen.withLock { $0.append(String(line.dropFirst("upblit-probe: ".count))) }
    }
    let reply = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".utf8)
    _ = send(client.raw, reply, reply.count, Int32(MSG_NOSIGNAL))
  }
}
