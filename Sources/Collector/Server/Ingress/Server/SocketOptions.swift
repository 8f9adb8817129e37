import Glibc
import NIOCore

/// How soon a connection whose peer is silently gone is noticed by the kernel.
enum SocketOptions {
  /// Keepalive after 15 s, each 5 s, 3 times; unacknowledged data for at most 20 s.
  static func set(on channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
    for (name, value) in [
      (TCP_KEEPIDLE, 15), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3), (TCP_USER_TIMEOUT, 20_000),
    ] {
      try options.setOption(.tcpOption(.init(rawValue: name)), value: Int(value))
    }
  }
}
