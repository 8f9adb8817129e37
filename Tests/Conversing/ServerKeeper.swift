import Dialogue
import Glibc
import Linux
import Testing

/// A shell that starts real servers in a folder of their own, and stops them and removes the folder when
/// its standard input ends: with this value or with this process, however that ends.
final class ServerKeeper: Sendable {
  /// Where it and its servers write.
  let folder: String
  private let input: Int32

  /// - Parameters:
  ///   - certificate: put there with its key, as "cert.pem" and "key.pem".
  ///   - command: what the shell is given, from the folder's path.
  init(_ certificate: PeerCertificate, _ command: (_ folder: String) -> [String]) throws {
    var template = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try Files.overwrite(folder + "/cert.pem", with: Array(certificate.pem.utf8))
    try Files.overwrite(folder + "/key.pem", with: Array(certificate.keyPEM.utf8))
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    // Ours may not live on in another child, or the shell would never see the end.
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    input = ends[1]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    var pointers: [UnsafeMutablePointer<CChar>?] =
      (["/bin/sh"] + command(folder)).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/bin/sh", &actions, nil, &pointers, environ)
    close(ends[0])
    try #require(code == 0)
  }

  deinit {
    close(input)
  }

  /// Asks until something accepts connections at a port of 127.0.0.1.
  static func wait(for port: UInt16, _ rig: ConversationRig) throws {
    let end = rig.clock.nowMicroseconds() + 60_000_000
    while try rig.stream(port).failure != nil {
      try #require(rig.clock.nowMicroseconds() < end, "nothing listens at port \(port)")
      waitForSockets([], timeoutMs: 20)
    }
  }
}
