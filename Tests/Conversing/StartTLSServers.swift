import Dialogue
import Glibc
import Linux
import Testing

/// Real servers of each protocol that turns to TLS, with TLS and without, that the tests of this process
/// share: all that are installed are started at once, side by side.
final class StartTLSServers: Sendable {
  /// A server that is wanted, and where it comes from.
  struct Kind: Sendable, CustomTestStringConvertible {
    var spoken: StartTLSProtocol
    var package: String
    /// What is there where the package is.
    var path: String

    var isThere: Bool { access(path, R_OK) == 0 }
    var testDescription: String { spoken.rawValue }
  }

  static let kinds = [
    Kind(
      spoken: .smtp, package: "python3-aiosmtpd",
      path: "/usr/lib/python3/dist-packages/aiosmtpd"),
    Kind(
      spoken: .ftp, package: "python3-pyftpdlib",
      path: "/usr/lib/python3/dist-packages/pyftpdlib"),
    Kind(spoken: .imap, package: "dovecot-imapd", path: "/usr/lib/dovecot/imap-login"),
    Kind(spoken: .pop3, package: "dovecot-pop3d", path: "/usr/lib/dovecot/pop3-login"),
    Kind(spoken: .ldap, package: "slapd", path: "/usr/sbin/slapd"),
    Kind(spoken: .mysql, package: "mariadb-server-core", path: "/usr/sbin/mariadbd"),
    Kind(spoken: .xmpp, package: "prosody", path: "/usr/bin/prosody"),
  ]

  static let shared = Result { try StartTLSServers() }

  /// One protocol's two.
  struct Ports: Sendable {
    var tls: UInt16
    var plain: UInt16
  }

  let ports: [StartTLSProtocol: Ports]
  /// Issued the servers' certificate.
  let authority: PeerCertificate
  let certificate: PeerCertificate
  private let keeper: ServerKeeper

  private init() throws {
    authority = try PeerCertificate(name: "Test CA", isAuthority: true)
    certificate = try PeerCertificate(
      name: "server", names: "DNS:localhost,DNS:*.a.example", days: -1...30, issuer: authority)
    let there = Self.kinds.filter(\.isThere)
    let free = try Self.freePorts(2 * there.count)
    var ports: [StartTLSProtocol: Ports] = [:]
    var words: [String] = []
    for (index, kind) in there.enumerated() {
      let pair = Ports(tls: free[2 * index], plain: free[2 * index + 1])
      ports[kind.spoken] = pair
      words += [kind.spoken.rawValue, "\(pair.tls)", "\(pair.plain)"]
    }
    self.ports = ports
    let script = "\(Files.folder(of: "\(#filePath)"))/servers/start_tls.sh"
    keeper = try ServerKeeper(certificate) { [script, $0] + words }
  }

  /// Ports of which no two are the same, let go before a server that would inherit them is started.
  private static func freePorts(_ count: Int) throws -> [UInt16] {
    let holders = try (0..<count).map { _ in try DeadPort() }
    return withExtendedLifetime(holders) { holders.map(\.number) }
  }
}
