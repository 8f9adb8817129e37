/// A WebSocket to be opened and spoken over (RFC 6455).
public struct WebSocketPlan: Hashable, Sendable {
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public enum Step: Hashable, Sendable {
    case sendText([UInt8])
    case sendBinary([UInt8])
    /// It must be in one of the messages that come, whatever others say.
    case expect(AwaitedText)
    /// The peer must close, with this code where one is given.
    case expectClose(code: UInt16?)
  }

  /// What the Host header says; the port with it where it is not the scheme's own.
  public var host: String
  /// Path and query, beginning with a slash.
  public var path: String
  public var origin: String?
  public var headers: [Header]
  /// In order of preference.
  public var subprotocols: [String]
  public var steps: [Step]

  public init(
    host: String, path: String = "/", origin: String? = nil, headers: [Header] = [],
    subprotocols: [String] = [], steps: [Step] = []
  ) {
    self.host = host
    self.path = path
    self.origin = origin
    self.headers = headers
    self.subprotocols = subprotocols
    self.steps = steps
  }
}
