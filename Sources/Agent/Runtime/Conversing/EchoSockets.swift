import AgentCore
import CLinux
import Dialogue
import Glibc
import Linux
import Model

/// The sockets by which all echoes of an engine go and come: one a family, open while it is needed.
///
/// Datagram sockets first, which need no privilege where `net.ipv4.ping_group_range` allows them; then
/// raw ones. Replies find their request by sequence number and nonce.
final class EchoSockets {
  /// What came of a request.
  struct Heard {
    enum What {
      case replied
      case failed(String)
    }

    let number: UInt64
    let index: Int
    let what: What
  }

  private struct Request {
    let number: UInt64
    let index: Int
    let nonce: UInt64
    let target: IPAddress
  }

  private final class Family {
    let isIPv6: Bool
    let socket: InternetSocket
    let isRaw: Bool
    let identifier: UInt16
    var requests: [UInt16: Request] = [:]
    var lastSequence: UInt16
    var users = 0

    init(_ isIPv6: Bool, _ generator: inout SystemRandomNumberGenerator) throws(SocketTrouble) {
      self.isIPv6 = isIPv6
      let family = isIPv6 ? AF_INET6 : AF_INET
      let number = Int32(isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
      do throws(SocketTrouble) {
        socket = try InternetSocket(family, SOCK_DGRAM, number)
        isRaw = false
        isIPv6
          ? socket.set(Int32(IPPROTO_IPV6), IPV6_RECVERR, 1)
          : socket.set(Int32(IPPROTO_IP), IP_RECVERR, 1)
      } catch {
        guard case .notAllowed = error else { throw error }
        socket = try InternetSocket(family, SOCK_RAW, number)
        isRaw = true
        _ = up_hear_echoes_only(socket.raw, isIPv6 ? 1 : 0)
      }
      identifier = UInt16.random(in: 1 ... .max, using: &generator)
      lastSequence = UInt16.random(in: 0 ... .max, using: &generator)
    }
  }

  private static let readsAtOnce = 64

  private unowned let queue: EventQueue
  private var families: [UInt64: Family] = [:]
  private var generator = SystemRandomNumberGenerator()
  /// Requests since it was last read: their replies may fill what the kernel keeps for a socket.
  private(set) var unreadCount = 0

  init(_ queue: EventQueue) {
    self.queue = queue
  }

  /// Of the sockets that are open.
  var tokens: [UInt64] { Array(families.keys) }

  /// Tokens of conversations are larger.
  private static func token(isIPv6: Bool) -> UInt64 { isIPv6 ? 6 : 4 }

  /// Opens a family's socket, or shares it; `leave` must follow.
  func join(isIPv6: Bool) throws(SocketTrouble) {
    let token = Self.token(isIPv6: isIPv6)
    if families[token] == nil {
      let family = try Family(isIPv6, &generator)
      do {
        try queue.add(family.socket.raw, for: .readable, token: token)
      } catch {
        throw SocketTrouble(errno: error.code)
      }
      families[token] = family
    }
    families[token]?.users += 1
  }

  /// Forgets a conversation's requests; the last one closes the socket.
  func leave(isIPv6: Bool, sequences: [UInt16]) {
    let token = Self.token(isIPv6: isIPv6)
    guard let family = families[token] else { return }
    for sequence in sequences { family.requests[sequence] = nil }
    family.users -= 1
    if family.users == 0 { families[token] = nil }
  }

  /// Sends a request.
  ///
  /// - Returns: its sequence number, to be given back by `leave`.
  func send(
    _ number: UInt64, _ index: Int, to target: SocketAddress, _ address: IPAddress, size: Int
  ) throws(SocketTrouble) -> UInt16 {
    guard let family = families[Self.token(isIPv6: address.isIPv6)] else {
      throw .connection(.own("there is no socket"))
    }
    guard family.requests.count < 60_000 else { throw .memory("too many echoes at once") }
    repeat { family.lastSequence &+= 1 } while family.requests[family.lastSequence] != nil
    let sequence = family.lastSequence
    unreadCount += 1
    let nonce = UInt64.random(in: 0 ... .max, using: &generator)
    let message = EchoMessage.request(
      isIPv6: family.isIPv6, identifier: family.identifier, sequence: sequence, nonce: nonce,
      size: size)
    func send() -> Int {
      target.reading {
        sendto(family.socket.raw, message, message.count, Int32(MSG_NOSIGNAL), $0, $1)
      }
    }
    var sent = send()
    // The kernel may tell here of another target, whose error waits on the socket that all share; by
    // that it is taken off.
    if sent < 0, up_errno() != EAGAIN { sent = send() }
    guard sent == message.count else {
      let code = up_errno()
      throw code == EAGAIN
        ? .memory("no room to send") : SocketTrouble(errno: code)
    }
    family.requests[sequence] = Request(
      number: number, index: index, nonce: nonce, target: address)
    return sequence
  }

  /// Reads what came by the socket of this token.
  func read(_ token: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> [Heard] {
    guard let family = families[token] else { return [] }
    unreadCount = 0
    var result: [Heard] = []
    for _ in 0..<Self.readsAtOnce {
      var sender = SocketAddress()
      let count = sender.writing {
        recvfrom(family.socket.raw, buffer.baseAddress, buffer.count, 0, $0, $1)
      }
      guard count >= 0 else {
        if up_errno() == EAGAIN { break }
        // An error that someone on the way has sent; it is read below.
        continue
      }
      if let heard = Self.heard(
        Array(buffer[..<min(count, 2_048)]), from: sender.address, family)
      {
        result.append(heard)
      }
    }
    return result + errors(family, buffer)
  }

  private static func heard(
    _ bytes: [UInt8], from sender: IPAddress?, _ family: Family
  ) -> Heard? {
    switch EchoMessage.heard(
      bytes, isIPv6: family.isIPv6, hasIPHeader: family.isRaw && !family.isIPv6)
    {
    case .reply(let identifier, let sequence, let nonce):
      guard let request = family.requests[sequence], request.nonce == nonce,
        request.target == sender, !family.isRaw || identifier == family.identifier
      else { return nil }
      return Heard(number: request.number, index: request.index, what: .replied)
    case .failed(let identifier, let sequence, let target, let why):
      guard let request = family.requests[sequence], request.target == target,
        !family.isRaw || identifier == family.identifier
      else { return nil }
      return Heard(number: request.number, index: request.index, what: .failed(why))
    case nil: return nil
    }
  }

  /// What datagram sockets keep apart: the request that did not arrive, and why.
  private func errors(
    _ family: Family, _ buffer: UnsafeMutableRawBufferPointer
  ) -> [Heard] {
    guard !family.isRaw else { return [] }
    var result: [Heard] = []
    for _ in 0..<Self.readsAtOnce {
      var error = up_socket_error()
      let count = up_receive_error(family.socket.raw, buffer.baseAddress, buffer.count, &error)
      guard count >= 0 else { break }
      guard count >= 8 else { continue }
      let sequence = UInt16(buffer[6]) << 8 | UInt16(buffer[7])
      guard let request = family.requests[sequence] else { continue }
      result.append(
        Heard(
          number: request.number, index: request.index,
          what: .failed(SystemError.text(of: error.code))))
    }
    return result
  }
}

extension IPAddress {
  var isIPv6: Bool {
    switch self {
    case .ipv4: false
    case .ipv6: true
    }
  }
}
