import Glibc
import Linux
import Testing

/// A way of three hops through network namespaces of a test's own: this host, two routers, a target,
/// with IPv4 (10.77.N.0/24) and IPv6 (fd77:N::/64) on each of the links 1 to 3.
///
/// 10.77.4.0/24 is prohibited at the second router; of 10.77.5.0/24 the first knows nothing; all else
/// this host itself knows no way to. Only root may make it, since a process of many threads can't enter
/// a user's namespace.
enum NetworkWay {
  struct Trouble: Error {}

  /// Why there is none here; `nil` where there is.
  static let missing: String? = {
    let test = "command -v ip nsenter unshare && unshare -n ip link add type veth"
    return sh("{ \(test); } >/dev/null 2>&1") == 0 ? nil : "no right, or no program, to make one"
  }()

  private static let script = """
    set -e
    exec </dev/null >/dev/null 2>&1
    unshare -n sleep 600 & r1=$!
    unshare -n sleep 600 & r2=$!
    unshare -n sleep 600 & t=$!
    echo "$r1 $r2 $t" >"$1"
    for p in $r1 $r2 $t; do
      while [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
    done
    at() { p=$1; shift; nsenter -t "$p" -n "$@"; }
    # Addresses count at once, without a search for others who have them.
    for p in $$ $r1 $r2 $t; do
      at $p sh -c 'for k in all default; do echo 0 >/proc/sys/net/ipv6/conf/$k/accept_dad; done'
    done
    end() {
      at $1 ip link set lo up
      at $1 ip addr add 10.77.$3/24 dev $2
      at $1 ip -6 addr add fd77:$4/64 dev $2 nodad
      at $1 ip link set $2 up
    }
    forward() { at $1 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
      echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'; }
    ip link add one0 type veth peer name one1 netns $r1
    at $r1 ip link add two0 type veth peer name two1 netns $r2
    at $r2 ip link add three0 type veth peer name three1 netns $t
    end $$ one0 1.1 1::1; end $r1 one1 1.2 1::2; end $r1 two0 2.1 2::1; end $r2 two1 2.2 2::2
    end $r2 three0 3.1 3::1; end $t three1 3.2 3::2
    forward $r1; forward $r2
    up() { until at $1 ip -o link show dev $2 | grep -q "state UP"; do sleep 0.01; done; }
    up $$ one0; up $r1 one1; up $r1 two0; up $r2 two1; up $r2 three0; up $t three1
    ip route add 10.77.0.0/16 via 10.77.1.2; ip -6 route add fd77::/16 via fd77:1::2
    at $r1 ip route add 10.77.3.0/24 via 10.77.2.2; at $r1 ip route add 10.77.4.0/24 via 10.77.2.2
    at $r1 ip -6 route add fd77:3::/64 via fd77:2::2
    at $r2 ip route add 10.77.1.0/24 via 10.77.2.1; at $r2 ip -6 route add fd77:1::/64 via fd77:2::1
    at $r2 ip route add prohibit 10.77.4.0/24
    at $t ip route add default via 10.77.3.1; at $t ip -6 route add default via fd77:3::1
    """

  /// Runs something at the beginning of the way, on a thread of its own.
  static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
    let value: Value? = await withCheckedContinuation { continuation in
      do {
        _ = try DedicatedThread(name: "at the way") { continuation.resume(returning: build(body)) }
      } catch {
        continuation.resume(returning: nil)
      }
    }
    guard let value else { throw Trouble() }
    return value
  }

  private static func build<Value>(_ body: () -> Value) -> Value? {
    // The thread ends with the test, and its namespace with it.
    guard let leave = dlsym(nil, "unshare") else { return nil }
    let unshare = unsafeBitCast(leave, to: (@convention(c) (Int32) -> Int32).self)
    let newNetwork: Int32 = 0x4000_0000
    guard unshare(newNetwork) == 0 else { return nil }
    var name = Array("/tmp/upblit-way-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    guard file >= 0 else { return nil }
    close(file)
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      // The thread blocks all other signals, and so do its children.
      _ = sh("kill -KILL $(cat \"$1\"); rm -f \"$1\"", path)
    }
    guard sh(script, path) == 0 else { return nil }
    return body()
  }

  /// Runs a script to its end, in the network of the calling thread: its status.
  private static func sh(_ script: String, _ argument: String = "") -> Int32 {
    let words = ["/bin/sh", "-c", script, "sh", argument]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawn(&process, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
