import DNS
import Glibc
import Linux
import Testing

/// Knot DNS with a zone that it signs itself, and Unbound as a validating resolver before it, in a folder
/// of their own on ports of 127.0.0.1. They end with this process, however that ends.
///
/// A shell watches over them: it makes keys and settings, starts both, and when its input ends (because
/// this process did) stops them and removes the folder. Unbound runs as a copy, since on some hosts
/// AppArmor lets the installed program read nothing but its own folders.
final class RealNameServers: Sendable {
  /// Why they can't be had here; `nil` where they can.
  static let missing: String? = {
    let programs = [
      "/usr/sbin/knotd", "/usr/sbin/keymgr", "/usr/sbin/unbound", "/usr/bin/openssl",
    ]
    let absent = programs.filter { access($0, X_OK) != 0 }
    return absent.isEmpty
      ? nil : "\(absent.joined(separator: ", ")) missing: apt-get install knot unbound openssl"
  }()

  /// The ones that the tests of this process share.
  static let shared = Result { try RealNameServers() }

  /// Speaks for the zones.
  let authority: ServerAddress
  /// Asks it, and verifies.
  let validator: ServerAddress
  /// Where the validator is asked over TLS and HTTPS; its certificate is for dns.example and 127.0.0.1.
  let encryptedPorts: (tls: UInt16, https: UInt16)
  private let folder: String
  private let input: Int32

  private init() throws {
    var template = Array("/tmp/upblit-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let addresses = try Self.freePorts(4)
    (authority, validator) = (addresses[0], addresses[1])
    encryptedPorts = (addresses[2].port, addresses[3].port)
    let files = Self.files(authority.port, validator.port, encryptedPorts, folder)
    for (name, content) in files {
      try Files.overwrite("\(folder)/\(name)", with: Array(content.utf8))
    }
    input = try Self.spawn(["/bin/sh", "-c", Self.script, "keeper", folder])
  }

  /// So many ports that neither UDP nor TCP has in use.
  private static func freePorts(_ count: Int) throws -> [ServerAddress] {
    let servers = try (0..<count).map { _ in try ScriptedNameServer { _ in [] } }
    defer { for server in servers { server.stop() } }
    return servers.map(\.address)
  }

  /// What signed the validator's certificate, in PEM.
  func certificateAuthority() throws -> String {
    String(decoding: try #require(try Files.read(folder + "/ca.pem")), as: UTF8.self)
  }

  private static func files(
    _ authority: UInt16, _ validator: UInt16, _ encrypted: (tls: UInt16, https: UInt16),
    _ folder: String
  ) -> [(String, String)] {
    func zone(_ name: String, _ records: String) -> (String, String) {
      (
        "\(name).zone",
        """
        $ORIGIN \(name).
        $TTL 300
        @ SOA ns1 hostmaster 2026010101 3600 600 86400 60
        @ NS ns1
        ns1 A 127.0.0.1
        \(records)

        """
      )
    }
    return [
      zone("signed.test", signedRecords), zone("plain.test", "www 30 A 192.0.2.20"),
      zone("bogus.test", "www A 192.0.2.30"),
      (
        "knot.conf",
        """
        server:
          rundir: "\(folder)"
          listen: 127.0.0.1@\(authority)
          udp-workers: 1
          tcp-workers: 1
          background-workers: 1
        log:
          - target: stderr
            any: warning
        database:
          storage: "\(folder)"
        policy:
          - id: own
            algorithm: ecdsap256sha256
            single-type-signing: on
        template:
          - id: default
            storage: "\(folder)"
            zonefile-sync: -1
            journal-content: none
        zone:
          - domain: signed.test
            file: signed.test.zone
            dnssec-signing: on
            dnssec-policy: own
          - domain: plain.test
            file: plain.test.zone
          - domain: bogus.test
            file: bogus.test.zone

        """
      ),
      (
        "unbound.conf",
        """
        server:
          interface: 127.0.0.1
          interface: 127.0.0.1@\(encrypted.tls)
          interface: 127.0.0.1@\(encrypted.https)
          port: \(validator)
          tls-port: \(encrypted.tls)
          https-port: \(encrypted.https)
          tls-service-key: "\(folder)/leaf.key"
          tls-service-pem: "\(folder)/leaf.pem"
          do-daemonize: no
          username: ""
          chroot: ""
          directory: "\(folder)"
          pidfile: ""
          use-syslog: no
          logfile: ""
          num-threads: 1
          incoming-num-tcp: 100
          do-ip6: no
          do-not-query-localhost: no
          local-zone: "test." nodefault
          module-config: "validator iterator"
          ede: yes
          trust-anchor-file: "\(folder)/anchors"
        remote-control:
          control-enable: no

        """
          + ["signed", "plain", "bogus"].map {
            "stub-zone:\n  name: \($0).test\n  stub-addr: 127.0.0.1@\(authority)\n"
          }.joined()
      ),
      // What this zone's key never was.
      ("anchors", "bogus.test. IN DS 1 13 2 \(String(repeating: "ab", count: 32))\n"),
    ]
  }

  private static let signedRecords = """
    www 300 A 192.0.2.10
    www 300 A 192.0.2.11
    www 60 AAAA 2001:db8::10
    alias CNAME www
    one CNAME two
    two CNAME www
    out CNAME www.plain.test.
    gone CNAME nowhere
    loop1 CNAME loop2
    loop2 CNAME loop1
    @ MX 10 mail
    @ TXT "v=spf1 -all" "second; \\"quoted\\" \\200"
    @ CAA 0 issue "ca.example"
    big TXT \((0..<12).map { "\"\($0)\(String(repeating: "x", count: 200))\"" }.joined(separator: " "))
    _sip._tcp SRV 10 5 5060 www
    svc HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.10 ipv6hint=2001:db8::10
    svc2 SVCB 0 www
    _443._tcp.www TLSA 3 1 1 \(String(repeating: "cd", count: 32))
    www SSHFP 4 2 \(String(repeating: "12", count: 32))
    naptr NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp
    odd TYPE65280 \\# 4 0A000001
    10.2.0.192.in-addr PTR www
    """

  private static let script = #"""
    trap '' INT TERM HUP
    dir=$1
    cd "$dir" || exit 1
    exec >"$dir/keeper.log" 2>&1
    keymgr -c knot.conf signed.test generate algorithm=ecdsap256sha256 ksk=yes zsk=yes </dev/null
    keymgr -c knot.conf signed.test ds </dev/null | sed 's/ DS / IN DS /' >>anchors
    certify() { # NAME EXTENSION [OPTION]...
      name=$1 extension=$2
      shift 2
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$name" \
        -keyout "$name.key" -out "$name.pem" -addext "$extension" "$@" </dev/null
    }
    certify ca keyUsage=keyCertSign
    certify leaf subjectAltName=DNS:dns.example,IP:127.0.0.1 -CA ca.pem -CAkey ca.key \
      -addext basicConstraints=CA:FALSE
    cp /usr/sbin/unbound validator
    trap - INT TERM HUP
    knotd -c knot.conf </dev/null & knot=$!
    ./validator -c unbound.conf </dev/null & validator=$!
    trap '' INT TERM HUP
    read -r line
    kill $knot $validator
    wait
    rm -rf "$dir"
    """#

  /// Starts the shell; its standard input is the other end of the descriptor that is returned.
  private static func spawn(_ arguments: [String]) throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    // Ours may not live on in another child, or the shell would never see the end.
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    try #require(posix_spawn(&process, "/bin/sh", &actions, nil, &pointers, environ) == 0)
    close(ends[0])
    return ends[1]
  }

  /// Waits until both answer, the validator with verified data.
  func waitUntilReady(_ rig: ResolverRig) throws {
    var policy = LookupPolicy()
    policy.wantsAuthenticData = true
    try rig.poll {
      try rig.ask("www.signed.test", .a, of: [validator], policy: policy, limitMs: 300).response?
        .flags.contains(.authenticData) ?? false
    }
  }
}
