public import Model

/// From where somebody acts, as far as it is known.
public struct ClientMark: Hashable, Sendable {
  public var address: IPAddress?
  /// What the program calls itself; cut at 256 bytes when it is kept.
  public var userAgent: String?

  public init(address: IPAddress? = nil, userAgent: String? = nil) {
    self.address = address
    self.userAgent = userAgent
  }

  var storedAddress: String? { address?.description }

  var storedUserAgent: String? {
    userAgent.map { String(decoding: $0.utf8.prefix(256), as: UTF8.self) }
  }
}
