import AgentCore
import CLinux
import Curl
import Linux

/// The addresses that one request of a probe tried, in the order in which their sockets were opened.
///
/// libcurl tries two families beside each other (RFC 8305), and tells the `errno` of the last
/// attempt that failed, not which that was. It closes a socket as soon as its attempt has failed: so
/// whose socket is gone when another is opened has failed with what libcurl tells then.
struct ConnectAttempts {
  /// Of more, the first ones and the last are noted.
  static let limit = 8

  enum End: Equatable {
    /// Not known to have failed.
    case open
    case failed(errno: Int32)
    case barred(AddressRule)
  }

  struct Attempt {
    let address: PeerAddress
    var socket: Int32 = -1
    var end = End.open
  }

  /// Nearly always the only one; it takes no memory of its own.
  private var first: Attempt?
  private var others: [Attempt] = []

  var areSeveral: Bool { !others.isEmpty }

  /// Another request begins.
  mutating func clear() {
    first = nil
    if !others.isEmpty { others = [] }
  }

  /// An address is about to be tried, unless a rule bars it.
  ///
  /// - Parameter errno: of the last attempt that failed; asked for only where there was one.
  mutating func begin(
    _ address: PeerAddress, barredBy rule: AddressRule?, errno: @autoclosure () -> Int32
  ) {
    let attempt = Attempt(address: address, end: rule.map { .barred($0) } ?? .open)
    guard var earlier = first else {
      first = attempt
      return
    }
    let code = errno()
    Self.settle(&earlier, code)
    first = earlier
    for index in others.indices { Self.settle(&others[index], code) }
    // The last is always noted, since it may be the one that connects.
    if others.count == Self.limit - 1 { others.removeLast() }
    others.append(attempt)
  }

  /// The socket of the last attempt.
  mutating func opened(_ socket: Int32) { changeLast { $0.socket = socket } }

  /// The last attempt got no socket.
  mutating func failed(errno code: Int32) { changeLast { $0.end = .failed(errno: code) } }

  private mutating func changeLast(_ change: (inout Attempt) -> Void) {
    if !others.isEmpty {
      change(&others[others.count - 1])
    } else if var only = first {
      change(&only)
      first = only
    }
  }

  private static func settle(_ attempt: inout Attempt, _ code: Int32) {
    guard attempt.end == .open, !isConnection(attempt.socket) else { return }
    attempt.end = .failed(errno: code)
  }

  /// Whether a number is a TCP socket's, so that its attempt goes on.
  private static func isConnection(_ socket: Int32) -> Bool {
    var state: UInt8 = 0
    var size = socklen_t(1)
    return getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &state, &size) == 0
  }
}

// MARK: How it ended

extension ConnectAttempts {
  /// What is known once the request is over.
  struct Ended {
    /// All of them, in order.
    var attempts: [Attempt]
    /// Which of them led to a connection.
    var connected: Int?

    /// The one that led to a connection, or else the last that was tried.
    var decisive: PeerAddress? {
      if let connected { return attempts[connected].address }
      return attempts.last { attempt in
        if case .barred = attempt.end { false } else { true }
      }?.address
    }

    /// Whether there is more to tell than the address.
    var isWorthTelling: Bool { attempts.count > 1 || connected == nil }

    /// One line an attempt, such as `connect ipv6 ::1 80: Connection refused`.
    var lines: [String] {
      attempts.enumerated().map { index, attempt in
        let words =
          switch attempt.end {
          case _ where index == connected: "connected"
          case .open: "no connection"
          case .failed(let code): code == 0 ? "failed" : SystemError.text(of: code)
          case .barred(let rule): "not permitted, \(rule.reason)"
          }
        return "connect \(attempt.address.words): \(words)"
      }
    }
  }

  /// What `Ended.decisive` is, where only one address was tried and no rule barred it.
  var only: PeerAddress? {
    guard others.isEmpty, let first, first.end == .open else { return nil }
    return first.address
  }

  /// - Parameters:
  ///   - reached: the address that a connection was made to, as libcurl writes it; `nil` for none.
  ///   - errno: of the last attempt that failed, where the request ended since no attempt succeeded.
  func ended(reached: String?, errno: Int32?) -> Ended {
    var ended = Ended(attempts: (first.map { [$0] } ?? []) + others)
    let open = ended.attempts.indices.filter { ended.attempts[$0].end == .open }
    if let reached {
      ended.connected =
        open.last { ended.attempts[$0].address.text == reached } ?? open.last
    } else if let errno, open.count == 1 {
      ended.attempts[open[0]].end = .failed(errno: errno)
    }
    return ended
  }
}
