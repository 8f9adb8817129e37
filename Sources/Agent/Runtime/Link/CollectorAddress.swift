import Curl

/// Where a collector hears agents: `tls://HOST:PORT`, or `plain://HOST:PORT` on this very machine.
public struct CollectorAddress: Hashable, Sendable, LosslessStringConvertible {
  public let isPlain: Bool
  /// A name or an address, without brackets.
  public let host: String
  public let port: UInt16

  /// `nil` for anything that is not exactly that form, and for `plain` to another machine.
  public init?(_ description: String) {
    guard let url = CurlURL(description), ["tls", "plain"].contains(url.scheme),
      let port = url.port,
      port > 0, !url.host.isEmpty, description.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
    else { return nil }
    isPlain = url.scheme == "plain"
    host = url.host
    self.port = port
    guard self.description.lowercased() == description.lowercased() else { return nil }
    guard !isPlain || isLoopback else { return nil }
  }

  public var description: String { "\(isPlain ? "plain" : "tls")://\(authority)" }

  /// What libcurl is to connect to.
  var url: String { "\(isPlain ? "http" : "https")://\(authority)/" }

  private var authority: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private var isLoopback: Bool { host == "localhost" || Self.isLoopback(host) }

  /// Whether an address, as text, is of this very machine.
  static func isLoopback(_ address: String) -> Bool {
    address == "::1"
      || address.hasPrefix("127.") && address.split(separator: ".").count == 4
  }
}
