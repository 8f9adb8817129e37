import Glibc
import Postgres
import Synchronization

/// A Postgres cluster in a folder of its own, on a Unix socket, that ends with this process.
///
/// A shell watches over it: it makes the cluster, obeys one command a line, and when its input ends
/// (because this process did, however) stops the server and removes the folder.
public final class TestCluster: Sendable {
  /// The cluster that the tests of this process share. `nil` where `UPBLIT_TEST_POSTGRES` names a
  /// server to be used instead.
  static let shared = Result<TestCluster?, any Error> {
    getenv("UPBLIT_TEST_POSTGRES") == nil ? try TestCluster(isDurable: false) : nil
  }

  /// Where the socket is and the data lie.
  public let folder: String
  private let keeper: Mutex<Keeper>

  private struct Keeper {
    var commands: Int32
    var answers: Int32
  }

  /// Makes and starts a cluster. `isDurable` keeps fsync on, for figures and crashes that count.
  /// `settings` are further `name=value` of postgresql.conf.
  public init(isDurable: Bool, settings: [String] = []) throws {
    let binaries = try Self.binaries()
    let parent = isDurable ? "/tmp" : Self.quickFolder()
    var template = Array("\(parent)/upblit-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw TestSupportError("cannot make a folder in \(parent)")
    }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    keeper = Mutex(Keeper(commands: -1, answers: -1))
    let quick = [
      "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
      "autovacuum=off", "shared_buffers=256MB",
    ]
    let options = (isDurable ? [] : quick) + settings
    try spawn(["/bin/sh", "-c", Self.script, "keeper", folder, binaries] + options)
    try command(nil)
  }

  /// The connection string for one of its databases.
  public func conninfo(database: String = "postgres") -> String {
    "host=\(folder) user=postgres dbname=\(database)"
  }

  /// Starts a server that was stopped.
  public func start() throws { try command("start") }

  /// Stops the server: `fast` as an administrator would, otherwise as a crash does.
  public func stop(fast: Bool = true) throws { try command(fast ? "stop fast" : "stop immediate") }

  /// Sends a command, or none for the start itself, and waits for its answer.
  private func command(_ text: String?) throws {
    try keeper.withLock { keeper in
      if let text {
        let line = Array((text + "\n").utf8)
        guard write(keeper.commands, line, line.count) == line.count else {
          throw TestSupportError("the keeper of \(folder) is gone")
        }
      }
      var answer: [UInt8] = []
      var byte: UInt8 = 0
      while read(keeper.answers, &byte, 1) == 1, byte != 10 { answer.append(byte) }
      let word = String(decoding: answer, as: UTF8.self)
      guard word == "ok" else {
        throw TestSupportError("Postgres in \(folder): \(word.isEmpty ? "no answer" : word)")
      }
    }
  }

  private func spawn(_ arguments: [String]) throws {
    var down: [Int32] = [-1, -1]
    var up: [Int32] = [-1, -1]
    guard pipe(&down) == 0, pipe(&up) == 0 else { throw TestSupportError("no descriptor left") }
    // Neither end of ours may live on in another child, or the keeper would never see the end.
    for own in [down[1], up[0]] { _ = fcntl(own, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down[0], 0)
    posix_spawn_file_actions_adddup2(&actions, up[1], 1)
    posix_spawn_file_actions_addclose(&actions, down[0])
    posix_spawn_file_actions_addclose(&actions, up[1])
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawn(&process, "/bin/sh", &actions, nil, &pointers, environ) == 0 else {
      throw TestSupportError("cannot start /bin/sh")
    }
    close(down[0])
    close(up[1])
    keeper.withLock { $0 = Keeper(commands: down[1], answers: up[0]) }
  }

  /// Memory for data that need not last, where there is plenty of it.
  private static func quickFolder() -> String {
    var status = statvfs()
    guard statvfs("/dev/shm", &status) == 0 else { return "/tmp" }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    return free >= 8 << 30 ? "/dev/shm" : "/tmp"
  }

  /// The folder of the newest installed server's programs.
  private static func binaries() throws -> String {
    var found = glob_t()
    defer { globfree(&found) }
    var candidates: [String] = []
    for pattern in [
      "/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/usr/bin/initdb",
    ]
    where glob(pattern, 0, nil, &found) == 0 {
      for index in 0..<Int(found.gl_pathc) {
        if let path = found.gl_pathv[index] { candidates.append(String(cString: path)) }
      }
    }
    guard let newest = candidates.max(by: { version($0) < version($1) }) else {
      throw TestSupportError("no Postgres server is installed: apt-get install postgresql")
    }
    return String(newest.dropLast("/initdb".count))
  }

  private static func version(_ path: String) -> Int {
    Int(path.filter(\.isNumber)) ?? 0
  }

  private static let script = #"""
    trap '' INT TERM HUP
    dir=$1 bin=$2; shift 2
    exec 9>&1 1>"$dir/keeper.log" 2>&1
    as() { "$@"; }
    if [ "$(id -u)" = 0 ]; then
      as() { runuser -u postgres -- "$@"; }
      chown postgres "$dir"
    fi
    cd "$dir"
    start() { as "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start 9>&- </dev/null; }
    say() { if [ $? = 0 ]; then echo ok >&9; else tail -n 2 "$dir/keeper.log" | tr '\n' ' ' >&9; echo >&9; fi; }
    as "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync </dev/null &&
    { echo "listen_addresses = ''"; echo "unix_socket_directories = '$dir'"
      echo "max_connections = 200"; echo "timezone = 'UTC'"
      for option; do echo "$option"; done; } >>"$dir/data/postgresql.conf" &&
    start; say
    while read -r word mode; do
      case $word in
        start) start; say;;
        stop) as "$bin/pg_ctl" -D "$dir/data" -m "$mode" -w stop 9>&- </dev/null; say;;
      esac
    done
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop 9>&- </dev/null
    rm -rf "$dir"
    """#
}
