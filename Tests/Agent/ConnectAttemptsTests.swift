import AgentCore
import Curl
import Glibc
import Linux
import Testing

@testable import Probing

/// Which address was tried, and what became of each.
@Suite struct ConnectAttemptsTests {
  private static let first = PeerAddress.ipv6(0x2001_0db8 << 32, 1, port: 443)
  private static let second = PeerAddress.ipv4(0xc000_0201, port: 443)
  private static let third = PeerAddress.ipv4(0xc000_0202, port: 443)
  private static let refused = SystemError.text(of: ECONNREFUSED)
  private static let unreachable = SystemError.text(of: ENETUNREACH)

  /// A TCP socket for as long as it lives, whose attempt goes on as far as can be told.
  private final class OpenSocket {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    deinit { close(raw) }
  }

  @Test func `one address that connected is not worth a line`() {
    var attempts = ConnectAttempts()
    attempts.begin(Self.second, barredBy: nil, errno: ECONNREFUSED)
    attempts.opened(-1)
    let ended = attempts.ended(reached: "192.0.2.1", errno: nil)
    #expect(!ended.isWorthTelling)
    #expect(ended.decisive == Self.second)
    #expect(ended.lines == ["connect ipv4 192.0.2.1 443: connected"])
    attempts.clear()
    #expect(attempts.ended(reached: nil, errno: nil).decisive == nil)
    #expect(attempts.ended(reached: nil, errno: nil).lines.isEmpty)
  }

  @Test func `a socket that is gone when another is opened failed with the errno of that moment`() {
    var attempts = ConnectAttempts()
    attempts.begin(Self.first, barredBy: nil, errno: 0)
    attempts.opened(-1)
    attempts.begin(Self.second, barredBy: nil, errno: ENETUNREACH)
    attempts.opened(-1)
    attempts.begin(Self.third, barredBy: nil, errno: ECONNREFUSED)
    #expect(attempts.areSeveral)
    let ended = attempts.ended(reached: "192.0.2.2", errno: nil)
    #expect(ended.isWorthTelling && ended.decisive == Self.third)
    #expect(
      ended.lines == [
        "connect ipv6 2001:db8::1 443: \(Self.unreachable)",
        "connect ipv4 192.0.2.1 443: \(Self.refused)", "connect ipv4 192.0.2.2 443: connected",
      ])
  }

  @Test func `an address that had not answered when another did is not called failed`() {
    let slow = OpenSocket()
    var attempts = ConnectAttempts()
    attempts.begin(Self.first, barredBy: nil, errno: 0)
    attempts.opened(slow.raw)
    // What stands there is of another probe.
    attempts.begin(Self.second, barredBy: nil, errno: ECONNREFUSED)
    let ended = attempts.ended(reached: "192.0.2.1", errno: nil)
    #expect(ended.lines.first == "connect ipv6 2001:db8::1 443: no connection")
    #expect(ended.decisive == Self.second)
  }

  @Test(
    arguments: [
      (ECONNREFUSED, "Connection refused"), (nil, "no connection"), (0, "failed"),
    ] as [(Int32?, String)])
  func `where all failed the last word is the last attempt's`(errno: Int32?, words: String) {
    var attempts = ConnectAttempts()
    attempts.begin(Self.second, barredBy: nil, errno: 0)
    let ended = attempts.ended(reached: nil, errno: errno)
    #expect(ended.isWorthTelling)
    #expect(ended.lines == ["connect ipv4 192.0.2.1 443: \(words)"])
  }

  @Test func `of two that failed at once nobody knows whose word it was`() {
    let both = [OpenSocket(), OpenSocket()]
    var attempts = ConnectAttempts()
    for (address, socket) in zip([Self.first, Self.second], both) {
      attempts.begin(address, barredBy: nil, errno: 0)
      attempts.opened(socket.raw)
    }
    let ended = attempts.ended(reached: nil, errno: ECONNREFUSED)
    #expect(ended.lines.allSatisfy { $0.hasSuffix(": no connection") })
  }

  @Test func `what was barred, had no socket, or is one too many`() {
    var attempts = ConnectAttempts()
    attempts.begin(.ipv4(0xa9fe_a9fe, port: 80), barredBy: .metadata, errno: 0)
    attempts.begin(Self.second, barredBy: nil, errno: 0)
    attempts.failed(errno: EMFILE)
    for _ in 0..<20 { attempts.begin(.other(family: 1), barredBy: .notInternet, errno: 0) }
    let ended = attempts.ended(reached: nil, errno: nil)
    #expect(ended.decisive == Self.second)
    let lines = ended.lines
    #expect(lines.count == ConnectAttempts.limit)
    #expect(
      lines[0] == "connect ipv4 169.254.169.254 80: not permitted, a cloud's metadata service")
    #expect(lines[1] == "connect ipv4 192.0.2.1 443: \(SystemError.text(of: EMFILE))")
  }

  @Test func `of more than are noted the last is, since it may have connected`() {
    var attempts = ConnectAttempts()
    for number: UInt32 in 1...20 {
      attempts.begin(.ipv4(0xc000_0200 + number, port: 80), barredBy: nil, errno: ECONNREFUSED)
    }
    let ended = attempts.ended(reached: "192.0.2.20", errno: nil)
    #expect(ended.decisive == .ipv4(0xc000_0214, port: 80))
    #expect(ended.lines.count == ConnectAttempts.limit)
    #expect(ended.lines.last == "connect ipv4 192.0.2.20 80: connected")
  }
}
