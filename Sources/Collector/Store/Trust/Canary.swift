import Model
import Postgres
import Wire

/// A host that is up whenever the surroundings of an agent are well (table `installation`).
public struct Canary: Hashable, Sendable {
  public var host: String
  public var port: UInt16

  /// The most that an installation has.
  public static let most = Alive.mostCanaries
  /// Of those, the ones that need no lookup are anycast, each in another autonomous system
  /// (13335, 15169, 19281), so that no single network decides over trust.
  public static let usual = [
    "1.1.1.1:443", "8.8.8.8:443", "9.9.9.9:443", "www.wikipedia.org:443", "www.debian.org:443",
  ]
  /// How often a set is asked while there is need, and the limit on one.
  static let intervalSeconds: UInt32 = 10
  static let timeoutMs: UInt32 = 3_000
  /// The slot of the first; the others follow. No monitor comes that far.
  static let firstSlot: UInt64 = 1 << 62

  /// Reads `HOST:PORT`, an IPv6 address in brackets; `nil` for another text.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      text[text.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      guard host.utf8.allSatisfy({ Self.addressBytes.contains($0) }) else { return nil }
    } else {
      guard host.utf8.allSatisfy({ Self.nameBytes.contains($0) }) else { return nil }
    }
    guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
    self.host = host
    self.port = port
  }

  private static let nameBytes = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_".utf8)
  private static let addressBytes = Set("0123456789abcdefABCDEF:.".utf8)

  /// `HOST:PORT`.
  public var text: String { TCPCheck(host: host, port: port).address }

  /// Makes these the installation's canaries, and lets every agent that has an assignment know.
  /// Changes nothing where they are so already.
  public static func install(_ canaries: [Canary], _ connection: Connection) throws {
    try connection.retryingTransaction { connection in
      let changed = try connection.query(
        """
        UPDATE installation SET canaries = $1 WHERE canaries IS DISTINCT FROM $1 RETURNING 1
        """, canaries.map(\.text))
      guard changed.count > 0 else { return }
      try connection.query(
        """
        WITH told AS (
          UPDATE agent_assignment SET revision = revision + 1, updated_at = now()
          RETURNING agent_key)
        SELECT pg_notify($1, agent_key::text) FROM told
        """, StoreChannel.assignment.rawValue)
    }
  }

  /// What agents are to hold for the stored texts.
  static func targets(_ texts: [String]) -> [AssignedTarget] {
    texts.compactMap { Canary($0) }.prefix(most).enumerated().map { index, canary in
      AssignedTarget(
        slot: firstSlot + UInt64(index), monitor: .zero, intervalSeconds: intervalSeconds,
        timeoutMs: timeoutMs, phaseMs: 0,
        question: .canary(TCPCheck(host: canary.host, port: canary.port)))
    }
  }
}
