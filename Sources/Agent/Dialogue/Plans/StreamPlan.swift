import Model

/// A connection to be made, and what is to be said and heard over it.
public struct StreamPlan: Hashable, Sendable {
  /// In the order in which they are to be tried; only the first `ConnectRace.mostAddresses` are.
  public var addresses: [IPAddress]
  public var port: UInt16
  /// The most that the whole conversation may take, in microseconds.
  public var limitUs: Int64
  /// `nil` speaks in clear.
  public var tls: TLSPlan?
  /// Where this is set, the connection becomes a WebSocket, and its steps take the script's place.
  public var webSocket: WebSocketPlan?
  public var script: [StreamStep]
  /// Where this is set, it is sent behind its length and its answer is read, in the script's place.
  public var question: [UInt8]?

  public init(
    addresses: [IPAddress], port: UInt16, limitUs: Int64, tls: TLSPlan? = nil,
    webSocket: WebSocketPlan? = nil, script: [StreamStep] = [], question: [UInt8]? = nil
  ) {
    self.addresses = addresses
    self.port = port
    self.limitUs = limitUs
    self.tls = tls
    self.webSocket = webSocket
    self.script = script
    self.question = question
  }
}

/// One step of a conversation over a connection.
public enum StreamStep: Hashable, Sendable {
  case send([UInt8])
  /// It must come before the peer closes, in at most `Search.mostBytes` bytes since the last match.
  case expect(AwaitedText)
  /// The peer must close; what it says until then does not matter.
  case expectClose
}
