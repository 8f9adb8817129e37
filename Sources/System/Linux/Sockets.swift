import CLinux

/// Makes a TCP connection notice a peer that is gone: what was sent must be confirmed within
/// `deadAfterMs`, and so many unanswered keepalives end it. Where the kernel can't, it stays as it is.
public func tuneConnection(_ socket: Int32, deadAfterMs: Int32, keepAliveCount: Int32) {
  _ = up_set_tcp_option(socket, TCP_USER_TIMEOUT, deadAfterMs)
  _ = up_set_tcp_option(socket, TCP_KEEPCNT, keepAliveCount)
}

/// What `waitForSockets` is to watch.
public struct WatchedSocket: Sendable {
  public var raw: Int32
  public var wantsToWrite: Bool

  public init(_ raw: Int32, wantsToWrite: Bool = false) {
    self.raw = raw
    self.wantsToWrite = wantsToWrite
  }
}

/// Waits until one of a few sockets can be read, or written where that is wanted, or the time is up.
/// A signal ends the wait early.
public func waitForSockets(_ sockets: [WatchedSocket], timeoutMs: Int64) {
  var polled = sockets.map {
    pollfd(fd: $0.raw, events: Int16(POLLIN | ($0.wantsToWrite ? POLLOUT : 0)), revents: 0)
  }
  _ = poll(&polled, nfds_t(polled.count), Int32(clamping: max(0, timeoutMs)))
}
