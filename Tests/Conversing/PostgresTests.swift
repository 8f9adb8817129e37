import Dialogue
import Glibc
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
  private let keeper: ServerKeeper

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
    let port = try DeadPort().number
    self.port = port
    keeper = try ServerKeeper(certificate) { folder in
      [
        "-c", Self.script, "keeper", folder, Self.binaries ?? "", "\(port)", hasTLS ? "on" : "off",
      ]
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
      try ServerKeeper.wait(for: server.port, rig)
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
      try ServerKeeper.wait(for: server.port, rig)
      var plan = TLSPlan()
      plan.startTLS = .postgres
      #expect(try rig.stream(server.port, tls: plan).failure?.reason == .replyStatus)
    }
  }
}
