import Curl

/// Where a collector's API is: scheme, host and port, without a path.
public struct ServerAddress: Hashable, Sendable {
  public let scheme: String
  public let host: String
  /// `https://host:port`, the port left out where it is the scheme's own.
  public let origin: String

  /// Reads `https://upblit.example.org`; throws for other schemes, and for what carries a path, a
  /// query or a user.
  public init(_ text: String) throws(APIError) {
    guard let url = CurlURL(text), ["http", "https"].contains(url.scheme), !url.host.isEmpty,
      let port = url.port, !text.utf8.contains(UInt8(ascii: "@"))
    else { throw .badAddress(text) }
    let rest = text.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2)
      .drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard rest.isEmpty || rest.elementsEqual("/".utf8) else { throw .badAddress(text) }
    scheme = url.scheme
    host = url.host.lowercased()
    let isDefault = port == (url.scheme == "https" ? 443 : 80)
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    origin = "\(scheme)://\(name)" + (isDefault ? "" : ":\(port)")
  }

  /// Whether a credential may be sent there: encrypted, or without leaving this machine.
  public var keepsSecrets: Bool {
    scheme == "https" || ["127.0.0.1", "::1", "localhost"].contains(host)
  }
}

extension ServerAddress: CustomStringConvertible {
  public var description: String { origin }
}
