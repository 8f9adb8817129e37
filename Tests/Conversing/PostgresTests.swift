import Dialogue
import Glibc
import Linux
import Model
import Testing

/// A real PostgreSQL with and without TLS, started for a test, that ends with this process.
private final class PostgresServer {
  static let binaries: String? = {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("/usr/lib/postgresql/*/bin/initdb", 0, nil, &found) == 0,
      let path = found.gl_pathv[Int(found.gl_pathc) - 1]
    else { return nil }
    return String(String(cString: path).dropLast("/initdb".count))
  }()

  let port: UInt16
  private let input: Int32

  /// Servers refuse to run as root, and keys that others may read.
  private static let script = """
    exec >/dev/null 2>&1
    cd "$1" || exit 1
    as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
    [ "$(id -u)" != 0 ] || chown -R postgres "$1"
    chmod 700 "$1"; chmod 600 "$1/key.pem"
    as "$2/initdb" -D "$1/data" -U postgres -A trust -N
    as "$2/postgres" -D "$1/data" -k "$1" -p "$3" -c listen_addresses=127.0.0.1 -c ssl=$4 \
      -c fsync=off -c ssl_cert_file="$1/cert.pem" -c ssl_key_file="$1/key.pem" &
    read line
    as "$2/pg_ctl" -D "$1/data" -m immediate -w stop; wait; rm -rf "$1"
    """

  init(_ certificate: PeerCertificate, hasTLS: Bool) throws {
    var template = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let folder = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try Files.overwrite(folder + "/cert.pem", with: Array(certificate.pem.utf8))
    try Files.overwrite(folder + "/key.pem", with: Array(certificate.keyPEM.utf8))
    port = try DeadPort().number
    var down: [Int32] = [-1, -1]
    try #require(pipe(&down) == 0)
    _ = fcntl(down[1], F_SETFD, FD_CLOEXEC)
    input = down[1]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down[0], 0)
    let arguments = [
      "/bin/sh", "-c", Self.script, "keeper", folder, Self.binaries ?? "", "\(port)",
      hasTLS ? "on" : "off",
    ]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    try #require(posix_spawn(&process, "/bin/sh", &actions, nil, &pointers, environ) == 0)
    close(down[0])
  }

  deinit {
    close(input)
  }

  /// Asks until the server is there.
  func wait(_ rig: ConversationRig) throws {
    let end = rig.clock.nowMicroseconds() + 60_000_000
    while try rig.stream(port).failure != nil {
      try #require(rig.clock.nowMicroseconds() < end, "PostgreSQL did not start")
      waitForSockets([], timeoutMs: 50)
    }
  }
}

extension SocketTests {
  @Suite struct PostgresTests {
    static let isThere = PostgresServer.binaries != nil

    @Test(.enabled(if: isThere, "PostgreSQL's programs are missing"))
    func `a real PostgreSQL is asked for TLS`() throws {
      let certificate = try PeerCertificate(name: "pg")
      let rig = try ConversationRig()
      let server = try PostgresServer(certificate, hasTLS: true)
      try server.wait(rig)
      var plan = TLSPlan(serverName: "localhost", verifyName: "localhost")
      plan.authorities = .pem(certificate.pem)
      plan.startTLS = .postgres
      let report = try rig.stream(server.port, tls: plan)
      #expect(report.failure == nil)
      #expect(report.tls?.isVerified == true)
      #expect(report.tls?.chain.first?.subject == "CN=pg")
      #expect(report.received == text("S"))
    }

    @Test(.enabled(if: isThere, "PostgreSQL's programs are missing"))
    func `a real PostgreSQL without TLS says so`() throws {
      let rig = try ConversationRig()
      let server = try PostgresServer(try PeerCertificate(), hasTLS: false)
      try server.wait(rig)
      var plan = TLSPlan()
      plan.startTLS = .postgres
      #expect(try rig.stream(server.port, tls: plan).failure?.reason == .replyStatus)
    }
  }
}
